rule evaluate:
    message:
        "Metrics: {wildcards.model}, {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    input:
        script=script("evaluate.py"),
        predictions=f"results/predictions/{RUN}.parquet",
        images=per_run(test_pairs),
        weights=METRIC_WEIGHTS,
        code=METRICS_CODE,
    output:
        f"results/metrics/runs/{RUN}.parquet",
    params:
        spec=per_run(PLAN.evaluate_spec),
    log:
        f"results/logs/evaluate/{RUN}.log",
    benchmark:
        f"results/benchmarks/evaluate/{RUN}.tsv"
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    shell:
        "python {input.script:q} --spec {params.spec:q} --predictions {input.predictions:q} --images {input.images:q}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule anchors:
    message:
        "Metrics of the low-dose and full-dose images, fold {wildcards.fold}"
    input:
        script=script("evaluate.py"),
        images=per_fold(test_images),
        weights=METRIC_WEIGHTS,
        code=METRICS_CODE,
    output:
        "results/metrics/anchors/fold{fold}.parquet",
    params:
        spec=per_fold(PLAN.anchors_spec),
    log:
        "results/logs/anchors/fold{fold}.log",
    benchmark:
        "results/benchmarks/anchors/fold{fold}.tsv"
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.images:q}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule catalogue:
    message:
        "Catalogue of the metrics"
    input:
        script=script("catalogue.py"),
        weights=METRIC_WEIGHTS,
        code=METRICS_CODE + code("ldct.metrics.catalogue"),
    output:
        "results/metrics/catalogue.parquet",
    params:
        spec=PLAN.catalogue_spec(),
    log:
        "results/logs/catalogue.log",
    benchmark:
        "results/benchmarks/catalogue.tsv"
    conda:
        "../envs/metrics.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.script:q} --spec {params.spec:q} --output {output:q} 2>&1 | tee {log:q}"


rule collect_metrics:
    message:
        "One table of all metric values"
    input:
        script=script("collect.py"),
        anchors=expand("results/metrics/anchors/fold{fold}.parquet", fold=PLAN.roles),
        runs=every_run("results/metrics/runs/{run}.parquet"),
        code=code("ldct.metrics.collect"),
    output:
        "results/metrics/metrics.parquet",
    log:
        "results/logs/collect_metrics.log",
    benchmark:
        "results/benchmarks/collect_metrics.tsv"
    conda:
        "../envs/tables.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    shell:
        "python {input.script:q} --parts {input.anchors:q} {input.runs:q} --output {output:q} 2>&1 | tee {log:q}"
