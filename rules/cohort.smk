rule images:
    input:
        script=script("images.py"),
        raw=per_patient(raw_of),
        axes=per_patient(raw_jobs.axes_inputs),
    output:
        full="results/images/{patient}/full.parquet",
        low="results/images/{patient}/low.parquet",
        series="results/cohort/parts/{patient}.series.parquet",
        rejections="results/cohort/parts/{patient}.rejections.parquet",
    log:
        "results/logs/images/{patient}.log",
    benchmark:
        "results/benchmarks/images/{patient}.tsv"
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        spec=per_patient(raw_jobs.images_spec),
        code=code("ldct.data.ingest"),
    message:
        "Images of {wildcards.patient}: read, check, reconstruct or insert noise"
    shell:
        "python {input.script:q} --spec {params.spec:q} --raw {input.raw:q} --axes {input.axes:q} --full {output.full:q} --low {output.low:q}"
        " --series {output.series:q} --rejections {output.rejections:q} 2>&1 | tee {log:q}"


rule cohort:
    input:
        script=script("cohort.py"),
        series=expand(
            "results/cohort/parts/{patient}.series.parquet", patient=PLAN.patients
        ),
        rejections=expand(
            "results/cohort/parts/{patient}.rejections.parquet", patient=PLAN.patients
        ),
    output:
        series="results/cohort/series.parquet",
        patients="results/cohort/patients.parquet",
        rejections="results/cohort/rejections.parquet",
        split="results/cohort/split.parquet",
    log:
        "results/logs/cohort.log",
    benchmark:
        "results/benchmarks/cohort.tsv"
    conda:
        "../envs/tables.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        spec=cohort_jobs.cohort_spec(PLAN),
        code=code("ldct.data.cohort"),
    message:
        "Cohort: series, patients, rejections and split"
    shell:
        "python {input.script:q} --spec {params.spec:q} --series {input.series:q} --rejections {input.rejections:q}"
        " --output $(dirname {output.series:q}) 2>&1 | tee {log:q}"


rule gather:
    input:
        script=script("gather.py"),
        images=per_fold(patients_of_fold),
    output:
        directory("results/folds/fold{fold}"),
    log:
        "results/logs/gather/fold{fold}.log",
    benchmark:
        "results/benchmarks/gather/fold{fold}.tsv"
    conda:
        "../envs/tables.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("ldct.data.folds"),
    message:
        "Images of the patients tested in fold {wildcards.fold}, in one folder"
    shell:
        "python {input.script:q} --images {input.images:q} --output {output:q} 2>&1 | tee {log:q}"


rule patches:
    input:
        script=script("patches.py"),
        images=per_fold(fold_images),
    output:
        "results/patches/fold{fold}.parquet",
    log:
        "results/logs/patches/fold{fold}.log",
    benchmark:
        "results/benchmarks/patches/fold{fold}.tsv"
    conda:
        "../envs/tables.yaml"
    resources:
        mem_mb=scaled(3000),
        runtime=scaled(60),
    params:
        spec=per_fold(cohort_jobs.patches_spec),
        code=code("ldct.data.patches"),
    message:
        "Patches of the patients tested in fold {wildcards.fold}, for the trainings of the others"
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.images:q} --output {output:q} 2>&1 | tee {log:q}"
