def raw_of(plan, patient):
    return (
        [f"results/raw/{patient}"] if plan.patients[patient].kind == "synthetic" else []
    )


rule images:
    input:
        script=script("images.py"),
        raw=per_patient(raw_of),
        code=code("ldct.data.ingest"),
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
    message:
        "Images of {wildcards.patient}: read, check, reconstruct or insert noise"
    shell:
        "python {input.script:q} --spec {params.spec:q} --raw {input.raw:q} --full {output.full:q} --low {output.low:q}"
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
        code=code("ldct.data.cohort"),
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
    message:
        "Cohort: series, patients, rejections and split"
    shell:
        "python {input.script:q} --spec {params.spec:q} --series {input.series:q} --rejections {input.rejections:q}"
        " --output results/cohort 2>&1 | tee {log:q}"


rule patches:
    input:
        script=script("patches.py"),
        full="results/images/{patient}/full.parquet",
        low="results/images/{patient}/low.parquet",
        code=code("ldct.data.patches"),
    output:
        "results/patches/{patient}.parquet",
    log:
        "results/logs/patches/{patient}.log",
    benchmark:
        "results/benchmarks/patches/{patient}.tsv"
    conda:
        "../envs/tables.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        spec=per_patient(cohort_jobs.patches_spec),
    message:
        "Patches of {wildcards.patient}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --full {input.full:q} --low {input.low:q}"
        " --output {output:q} 2>&1 | tee {log:q}"
