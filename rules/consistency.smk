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
