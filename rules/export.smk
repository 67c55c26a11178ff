rule dicom:
    input:
        script=script("export_run.py"),
        predictions=f"results/predictions/{RUN}.parquet",
        run=f"results/models/{RUN}/run.json",
        weights=f"results/models/{RUN}/weights.safetensors",
        images=per_run(test_images),
        series=per_run(series_of_run),
    output:
        directory(f"results/dicom/{RUN}"),
    log:
        f"results/logs/dicom/{RUN}.log",
    benchmark:
        f"results/benchmarks/dicom/{RUN}.tsv"
    conda:
        "../envs/raw.yaml"
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(60),
    params:
        spec=per_run(export_jobs.export_run_spec),
        code=code("ldct.inference.export"),
    message:
        "DICOM series: {wildcards.model}, {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --predictions {input.predictions:q} --run $(dirname {input.run:q})"
        " --images {input.images:q} --series {input.series:q} --output {output:q} 2>&1 | tee {log:q}"


rule dicom_source:
    input:
        script=script("export_source.py"),
        images=per_fold(fold_images),
        series=per_fold(export_jobs.series_of_fold),
    output:
        directory("results/dicom/{source}/fold{fold}"),
    log:
        "results/logs/dicom_source/{source}/fold{fold}.log",
    benchmark:
        "results/benchmarks/dicom_source/{source}/fold{fold}.tsv"
    wildcard_constraints:
        source="low_dose|full_dose",
    conda:
        "../envs/raw.yaml"
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(60),
    params:
        spec=source_spec,
        code=code("ldct.inference.export"),
    message:
        "DICOM series: {wildcards.source} of fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.images:q} --series {input.series:q}"
        " --output {output:q} 2>&1 | tee {log:q}"
