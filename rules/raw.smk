# In:  the manifest; folders of raw projections and scanner images
# Out: results/raw, results/axes

from ldct.stages.axes import Axes
from ldct.stages.simulate import Simulate


rule simulate:
    input:
        unpack(inputs_of(Simulate)),
    output:
        **outputs_of(Simulate),
    log:
        log_of(Simulate),
    benchmark:
        benchmark_of(Simulate)
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        **params_of(Simulate),
    message:
        "Synthetic patient {wildcards.patient}: helical projections at full and low dose (DICOM-CT-PD)"
    shell:
        command(Simulate)


rule axes:
    input:
        unpack(inputs_of(Axes)),
    output:
        **outputs_of(Axes),
    log:
        log_of(Axes),
    benchmark:
        benchmark_of(Axes)
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **params_of(Axes),
    message:
        "Patient axes of {wildcards.patient}: projections against the scanner's images"
    shell:
        command(Axes)
