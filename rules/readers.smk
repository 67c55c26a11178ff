rule readers:
    input:
        script=script("readers.py"),
        key=relative(readers_jobs.readers_files(PLAN, "key")),
        ratings=relative(readers_jobs.readers_files(PLAN, "ratings")),
        pairs=relative(readers_jobs.readers_files(PLAN, "pairs")),
        metrics="results/metrics/metrics.parquet",
        catalogue="results/metrics/catalogue.parquet",
    output:
        directory("results/readers"),
    log:
        "results/logs/readers.log",
    benchmark:
        "results/benchmarks/readers.tsv"
    conda:
        "../envs/statistics.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        spec=readers_jobs.readers_spec(PLAN),
        code=code("ldct.readers.analysis"),
    message:
        "Readers: their agreement, their preferences, and metrics against them"
    shell:
        "python {input.script:q} --spec {params.spec:q} --key {input.key:q} --ratings {input.ratings:q} --pairs {input.pairs:q}"
        " --metrics {input.metrics:q} --catalogue {input.catalogue:q} --output {output:q} 2>&1 | tee {log:q}"
