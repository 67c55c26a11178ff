# In:  the configuration alone
# Out: results/check

from ldct.stages.check import Check


rule check:
    input:
        unpack(inputs_of(Check)),
    output:
        **outputs_of(Check),
    log:
        log_of(Check),
    benchmark:
        benchmark_of(Check)
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
    params:
        **params_of(Check),
    message:
        "Check: every network, loss and metric once, small; the card of the study"
    shell:
        command(Check)


# Of the rules that begin a study: nothing is computed before the check, and a new check makes nothing anew.
CHECKED = ancient(outputs_of(Check)["card"])
