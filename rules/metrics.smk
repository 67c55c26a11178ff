METRICS_CODE = digest(metrics_jobs.metrics_code(PLAN), metrics_jobs.metrics_said(PLAN))
METRIC_WEIGHTS = relative(metrics_jobs.metrics_weights(PLAN))


# The table --kept is no output, which Snakemake would remove: what was judged of unchanged images is read from it.
rule evaluate:
    input:
        script=script("evaluate.py"),
        predictions=per_fold(metrics_jobs.predictions_of_fold),
        images=per_fold(fold_images),
        fitted=per_fold(metrics_jobs.fitted_of_fold),
        weights=METRIC_WEIGHTS,
    output:
        f"results/metrics/{SHARD}.parquet",
    log:
        f"results/logs/evaluate/{SHARD}.log",
    benchmark:
        f"results/benchmarks/evaluate/{SHARD}.tsv"
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    params:
        spec=per_shard(metrics_jobs.evaluate_spec),
        code=code("ldct.metrics.evaluate"),
    message:
        "Metrics of all runs, fold {wildcards.fold}, shard {wildcards.shard}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --predictions {input.predictions:q} --images {input.images:q} --fitted {input.fitted:q}"
        " --kept results/metrics/kept/fold{wildcards.fold}/shard{wildcards.shard}.parquet --output {output:q} 2>&1 | tee {log:q}"


rule curves:
    input:
        script=script("curves.py"),
        predictions=per_fold(metrics_jobs.predictions_of_fold),
        images=per_fold(fold_images),
    output:
        "results/metrics/curves/fold{fold}.parquet",
    log:
        "results/logs/curves/fold{fold}.log",
    benchmark:
        "results/benchmarks/curves/fold{fold}.tsv"
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        spec=per_fold(metrics_jobs.curves_spec),
        code=code("ldct.metrics.curves"),
    message:
        "Noise power spectra and transfer functions, fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --predictions {input.predictions:q} --images {input.images:q}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule fit_niqe_ct:
    input:
        script=script("fit_niqe_ct.py"),
        images=per_fold(training_images),
    output:
        "results/metrics/fitted/fold{fold}/niqe_ct.parquet",
    log:
        "results/logs/fit_niqe_ct/fold{fold}.log",
    benchmark:
        "results/benchmarks/fit_niqe_ct/fold{fold}.tsv"
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
    params:
        spec=per_fold(metrics_jobs.fit_spec),
        code=code("ldct.metrics.fit_niqe_ct"),
    message:
        "NIQE refitted on the full-dose training slices of fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.images:q} --output {output:q} 2>&1 | tee {log:q}"


rule catalogue:
    input:
        script=script("catalogue.py"),
        weights=METRIC_WEIGHTS,
    output:
        "results/metrics/catalogue.parquet",
    log:
        "results/logs/catalogue.log",
    benchmark:
        "results/benchmarks/catalogue.tsv"
    conda:
        "../envs/metrics.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        spec=metrics_jobs.catalogue_spec(PLAN),
        code=METRICS_CODE + code("ldct.metrics.catalogue"),
    message:
        "Catalogue of the metrics"
    shell:
        "python {input.script:q} --spec {params.spec:q} --output {output:q} 2>&1 | tee {log:q}"


rule validity:
    input:
        script=script("validity.py"),
        images=images_of(metrics_jobs.validity_patients(PLAN), "full"),
        fitted=metrics_jobs.fitted_of_validity(PLAN),
        weights=METRIC_WEIGHTS,
    output:
        values="results/validity/values.parquet",
        summary="results/validity/summary.parquet",
    log:
        "results/logs/validity.log",
    benchmark:
        "results/benchmarks/validity.tsv"
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        spec=metrics_jobs.validity_spec(PLAN),
        code=METRICS_CODE + code("ldct.metrics.validity"),
    message:
        "Validity of the metrics: graded degradations of full-dose images"
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.images:q} --fitted {input.fitted:q}"
        " --output $(dirname {output.summary:q}) 2>&1 | tee {log:q}"


rule collect_metrics:
    input:
        script=script("collect.py"),
        shards=every_shard(f"results/metrics/{SHARD}.parquet"),
        tasks=lesions_jobs.task_metrics(PLAN),
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
    params:
        code=code("ldct.metrics.collect"),
    message:
        "One table of all metric values"
    shell:
        "python {input.script:q} --parts {input.shards:q} {input.tasks:q} --output {output:q} 2>&1 | tee {log:q}"
