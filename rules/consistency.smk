# In:  metrics and their catalogue, histories of trainings, curves of the folds
# Out: results/consistency, results/physics

from ldct.stages.consistency import Consistency
from ldct.stages.physics import Physics


rule consistency:
    input:
        unpack(inputs_of(Consistency)),
    output:
        **outputs_of(Consistency),
    log:
        log_of(Consistency),
    benchmark:
        benchmark_of(Consistency)
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        **params_of(Consistency),
    message:
        "Consistency of losses and metrics"
    shell:
        command(Consistency)


rule physics:
    input:
        unpack(inputs_of(Physics)),
    output:
        **outputs_of(Physics),
    log:
        log_of(Physics),
    benchmark:
        benchmark_of(Physics)
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **params_of(Physics),
    message:
        "Noise texture and sharpness relative to full dose"
    shell:
        command(Physics)
