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
    # Before anything else, and alone: no other job can start beside it. As `ancient` input of others it would hide their
    # own changes from Snakemake, as plain input make everything anew.
    priority: 100
    conda:
        "../envs/metrics.yaml"
    threads: alone()
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
    params:
        **params_of(Check),
    message:
        "Check: every network, loss and metric once, small; the card of the study"
    shell:
        command(Check)
