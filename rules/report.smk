rule panels:
    input:
        script=script("panels.py"),
        images=EVERY_IMAGE,
        predictions=every_run("results/predictions/{run}.parquet"),
    output:
        "results/report/panels.parquet",
    log:
        "results/logs/panels.log",
    benchmark:
        "results/benchmarks/panels.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        spec=report_jobs.panels_spec(PLAN),
        code=code("ldct.report.panels"),
    message:
        "Image panels"
    shell:
        "python {input.script:q} --spec {params.spec:q} --images {input.images:q} --predictions {input.predictions:q}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule report:
    input:
        script=script("report.py"),
        consistency="results/consistency",
        metrics="results/metrics/metrics.parquet",
        catalogue="results/metrics/catalogue.parquet",
        validity="results/validity/summary.parquet",
        cohort=[
            f"results/cohort/{name}.parquet"
            for name in ("series", "patients", "rejections", "split")
        ],
        histories=every_run("results/models/{run}/history.parquet"),
        runs=every_run("results/models/{run}/run.json"),
        searches=report_jobs.search_tables(PLAN),
        panels="results/report/panels.parquet",
        optional=report_jobs.optional_tables(PLAN),
        assets=relative(sorted((PROJECT / "ldct" / "report" / "page").rglob("*.*"))),
    output:
        html=report(
            "results/report/report.html",
            caption="captions/report.rst",
            category="Report",
        ),
        figures=report(
            expand("results/report/figures/{name}.png", name=FIGURES),
            caption="captions/figures.rst",
            category="Figures",
        ),
        tables=report(
            expand("results/report/tables/{name}.csv", name=TABLES),
            caption="captions/tables.rst",
            category="Tables",
        ),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        spec=report_jobs.report_spec(PLAN),
        code=code("ldct.report.build"),
    message:
        "Report: results/report/report.html"
    shell:
        "python {input.script:q} --spec {params.spec:q} --consistency {input.consistency:q} --metrics {input.metrics:q}"
        " --catalogue {input.catalogue:q} --validity {input.validity:q} --cohort $(dirname {input.cohort[0]:q}) --histories {input.histories:q} --runs {input.runs:q}"
        " --searches {input.searches:q} --panels {input.panels:q} --optional {input.optional:q} --output {output.html:q} 2>&1 | tee {log:q}"


rule provenance:
    input:
        script=script("provenance.py"),
        images=EVERY_IMAGE,
        manifest=relative([PLAN.file("cohort", "manifest")]),
        weights=relative(PLAN.weight_files),
        metrics="results/metrics/metrics.parquet",
        consistency="results/consistency",
    output:
        "results/provenance.json",
    log:
        "results/logs/provenance.log",
    benchmark:
        "results/benchmarks/provenance.tsv"
    conda:
        "../envs/tables.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        spec=report_jobs.provenance_spec(PLAN),
        code=code("ldct.study.provenance"),
    message:
        "Provenance: results/provenance.json"
    shell:
        "python {input.script:q} --spec {params.spec:q} --hashed {input.manifest:q} {input.weights:q} {input.images:q} {input.metrics:q} {input.consistency:q}"
        " --output {output:q} 2>&1 | tee {log:q}"
