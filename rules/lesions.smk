rule lesions:
    input:
        script=script("lesions.py"),
        full="results/images/{patient}/full.parquet",
        low="results/images/{patient}/low.parquet",
        raw=per_patient(raw_of),
        axes=per_patient(raw_jobs.axes_inputs),
        mask=per_patient(files(lesions_jobs.lesions_mask)),
    output:
        full="results/lesions/patients/{patient}/full.parquet",
        low="results/lesions/patients/{patient}/low.parquet",
        lesions="results/lesions/patients/{patient}/lesions.parquet",
    log:
        "results/logs/lesions/{patient}.log",
    benchmark:
        "results/benchmarks/lesions/{patient}.tsv"
    conda:
        "../envs/lesions.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        spec=per_patient(lesions_jobs.lesions_spec),
        code=code("ldct.lesions.insert"),
    message:
        "Lesions of {wildcards.patient}: inserted before the dose is reduced"
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.full:q} {input.low:q} --raw {input.raw:q}"
        " --axes {input.axes:q} --mask {input.mask:q} --output $(dirname {output.lesions:q}) 2>&1 | tee {log:q}"


rule gather_lesions:
    input:
        script=script("gather.py"),
        images=per_fold(lesions_of_fold),
    output:
        directory("results/lesions/folds/fold{fold}"),
    log:
        "results/logs/gather_lesions/fold{fold}.log",
    benchmark:
        "results/benchmarks/gather_lesions/fold{fold}.tsv"
    conda:
        "../envs/tables.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("ldct.data.folds"),
    message:
        "Images with lesions of the patients tested in fold {wildcards.fold}, in one folder"
    shell:
        "python {input.script:q} --images {input.images:q} --output {output:q} 2>&1 | tee {log:q}"


rule regions:
    input:
        script=script("regions.py"),
        run=f"results/models/{RUN}/run.json",
        weights=f"results/models/{RUN}/weights.safetensors",
        predictions=f"results/predictions/{RUN}.parquet",
        lesions=per_run(test_lesions),
    output:
        f"results/lesions/regions/{RUN}.parquet",
    log:
        f"results/logs/regions/{RUN}.log",
    benchmark:
        f"results/benchmarks/regions/{RUN}.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        spec=per_run(lesions_jobs.regions_spec),
        code=per_run(code_of(lesions_jobs.regions_code)),
    message:
        "Lesions denoised: {wildcards.model}, {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --run $(dirname {input.run:q}) --predictions {input.predictions:q}"
        " --lesions {input.lesions:q} --output {output:q} 2>&1 | tee {log:q}"


rule lesion_anchors:
    input:
        script=script("regions.py"),
        images=per_fold(fold_images),
        lesions=per_fold(fold_lesions),
    output:
        "results/lesions/anchors/fold{fold}.parquet",
    log:
        "results/logs/lesion_anchors/fold{fold}.log",
    benchmark:
        "results/benchmarks/lesion_anchors/fold{fold}.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(30),
    params:
        spec=per_fold(lesions_jobs.lesion_anchors_spec),
        code=code("ldct.lesions.regions"),
    message:
        "Lesions in the low-dose and full-dose images, fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.images:q} --lesions {input.lesions:q}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule observe:
    input:
        script=script("observe.py"),
        lesions=per_fold(fold_lesions),
        anchors="results/lesions/anchors/fold{fold}.parquet",
        regions=per_fold(regions_of_fold),
    output:
        values="results/lesions/observed/fold{fold}/values.parquet",
        metrics="results/lesions/observed/fold{fold}/metrics.parquet",
    log:
        "results/logs/observe/fold{fold}.log",
    benchmark:
        "results/benchmarks/observe/fold{fold}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        spec=lesions_jobs.observe_spec(PLAN),
        code=code("ldct.lesions.judge"),
    message:
        "Model observers look for the lesions of fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --lesions {input.lesions:q} --anchors {input.anchors:q}"
        " --regions {input.regions:q} --output $(dirname {output.values:q}) 2>&1 | tee {log:q}"


rule conspicuity:
    input:
        script=script("conspicuity.py"),
        values=expand(
            "results/lesions/observed/fold{fold}/values.parquet", fold=PLAN.roles
        ),
        regions=[
            *expand("results/lesions/anchors/fold{fold}.parquet", fold=PLAN.roles),
            *every_run("results/lesions/regions/{run}.parquet"),
        ],
    output:
        directory("results/conspicuity"),
    log:
        "results/logs/conspicuity.log",
    benchmark:
        "results/benchmarks/conspicuity.tsv"
    conda:
        "../envs/statistics.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        spec=lesions_jobs.conspicuity_spec(PLAN),
        code=code("ldct.lesions.conspicuity"),
    message:
        "How visible lesions stay"
    shell:
        "python {input.script:q} --spec {params.spec:q} --values {input.values:q} --regions {input.regions:q}"
        " --output {output:q} 2>&1 | tee {log:q}"
