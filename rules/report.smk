# In:  tables of every stage, images, predictions, manifest and weights
# Out: results/report, results/provenance.json

from ldct.stages.panels import Panels
from ldct.stages.provenance import Provenance
from ldct.stages.report import Report


rule panels:
    input:
        unpack(inputs_of(Panels)),
    output:
        **outputs_of(Panels),
    log:
        log_of(Panels),
    benchmark:
        benchmark_of(Panels)
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **params_of(Panels),
    message:
        "Image panels"
    shell:
        command(Panels)


rule report:
    input:
        unpack(inputs_of(Report)),
    output:
        html=report(
            outputs_of(Report)["html"],
            caption="captions/report.rst",
            category="Report",
        ),
        figures=report(
            outputs_of(Report)["figures"],
            caption="captions/figures.rst",
            category="Figures",
        ),
        tables=report(
            outputs_of(Report)["tables"],
            caption="captions/tables.rst",
            category="Tables",
        ),
    log:
        log_of(Report),
    benchmark:
        benchmark_of(Report)
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **params_of(Report),
    message:
        "Report: results/report/report.html"
    shell:
        command(Report)


rule provenance:
    input:
        unpack(inputs_of(Provenance)),
    output:
        **outputs_of(Provenance),
    log:
        log_of(Provenance),
    benchmark:
        benchmark_of(Provenance)
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        **params_of(Provenance),
    message:
        "Provenance: results/provenance.json"
    shell:
        command(Provenance)
