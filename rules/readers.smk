# In:  CSV files of readers' scores, metrics and their catalogue
# Out: results/readers

from ldct.stages.readers import Readers


rule readers:
    input:
        unpack(inputs_of(Readers)),
    output:
        **outputs_of(Readers),
    log:
        log_of(Readers),
    benchmark:
        benchmark_of(Readers)
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **params_of(Readers),
    message:
        "Readers: their agreement, their preferences, and metrics against them"
    shell:
        command(Readers)
