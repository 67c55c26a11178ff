rule simulate:
    input:
        script=script("simulate.py"),
    output:
        directory("results/raw/{patient}"),
    log:
        "results/logs/simulate/{patient}.log",
    benchmark:
        "results/benchmarks/simulate/{patient}.tsv"
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        spec=per_patient(raw_jobs.simulate_spec),
        code=code("ldct.projection.simulate"),
    message:
        "Synthetic patient {wildcards.patient}: helical projections at full and low dose (DICOM-CT-PD)"
    shell:
        "python {input.script:q} --spec {params.spec:q} --output {output:q} 2>&1 | tee {log:q}"


rule axes:
    input:
        script=script("axes.py"),
    output:
        "results/axes/{patient}.parquet",
    log:
        "results/logs/axes/{patient}.log",
    benchmark:
        "results/benchmarks/axes/{patient}.tsv"
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        spec=per_patient(raw_jobs.axes_spec),
        code=code("ldct.data.axes_job"),
    message:
        "Patient axes of {wildcards.patient}: projections against the scanner's images"
    shell:
        "python {input.script:q} --spec {params.spec:q} --output {output:q} 2>&1 | tee {log:q}"
