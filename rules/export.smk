# In:  images, their series, predictions
# Out: results/dicom

from ldct.stages.dicom import Dicom
from ldct.stages.dicom_source import DicomSource, configured_series


rule dicom:
    input:
        unpack(inputs_of(Dicom)),
    output:
        **outputs_of(Dicom),
    log:
        log_of(Dicom),
    benchmark:
        benchmark_of(Dicom)
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(60),
    params:
        **params_of(Dicom),
    message:
        "DICOM series: {wildcards.model}, {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        command(Dicom)


rule dicom_source:
    input:
        unpack(inputs_of(DicomSource)),
    output:
        **outputs_of(DicomSource),
    log:
        log_of(DicomSource),
    benchmark:
        benchmark_of(DicomSource)
    wildcard_constraints:
        source="low_dose|full_dose",
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(60),
    params:
        **params_of(DicomSource),
    message:
        "DICOM series: {wildcards.source} of fold {wildcards.fold}"
    shell:
        command(DicomSource)
