rule consistency:
    input:
        script=script("consistency.py"),
        metrics="results/metrics/metrics.parquet",
        catalogue="results/metrics/catalogue.parquet",
        histories=every_run("results/models/{run}/history.parquet"),
        runs=every_run("results/models/{run}/run.json"),
    output:
        directory("results/consistency"),
    log:
        "results/logs/consistency.log",
    benchmark:
        "results/benchmarks/consistency.tsv"
    conda:
        "../envs/statistics.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        spec=report_jobs.consistency_spec(PLAN),
        code=code("ldct.statistics.consistency"),
    message:
        "Consistency of losses and metrics"
    shell:
        "python {input.script:q} --spec {params.spec:q} --metrics {input.metrics:q} --catalogue {input.catalogue:q}"
        " --histories {input.histories:q} --output {output:q} 2>&1 | tee {log:q}"


rule physics:
    input:
        script=script("physics.py"),
        curves=expand("results/metrics/curves/fold{fold}.parquet", fold=PLAN.roles),
    output:
        directory("results/physics"),
    log:
        "results/logs/physics.log",
    benchmark:
        "results/benchmarks/physics.tsv"
    conda:
        "../envs/statistics.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        spec=report_jobs.physics_spec(PLAN),
        code=code("ldct.statistics.curves"),
    message:
        "Noise texture and sharpness relative to full dose"
    shell:
        "python {input.script:q} --spec {params.spec:q} --curves {input.curves:q} --output {output:q} 2>&1 | tee {log:q}"
