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
    # As `ancient` input of others the card would hide their own changes from Snakemake, as plain input make everything
    # anew. So the check comes first, and takes all of a resource of which each other job takes a share (Snakefile).
    priority: 100
    conda:
        "../envs/metrics.yaml"
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
        shares=SHARES,
    params:
        **params_of(Check),
    message:
        "Check: every network, loss and metric once, small; the card of the study"
    shell:
        command(Check)
