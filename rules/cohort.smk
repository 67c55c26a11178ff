# In:  folders of DICOM images, raw projections and their axes
# Out: results/images, results/cohort, results/folds, results/patches

from ldct.stages.cohort import Cohort
from ldct.stages.gather import Gather
from ldct.stages.images import Images
from ldct.stages.patches import Patches


rule images:
    input:
        unpack(inputs_of(Images)),
    output:
        **outputs_of(Images),
    log:
        log_of(Images),
    benchmark:
        benchmark_of(Images)
    conda:
        "../envs/raw.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        **params_of(Images),
    message:
        "Images of {wildcards.patient}: read, check, reconstruct or insert noise"
    shell:
        command(Images)


rule cohort:
    input:
        unpack(inputs_of(Cohort)),
    output:
        **outputs_of(Cohort),
    log:
        log_of(Cohort),
    benchmark:
        benchmark_of(Cohort)
    # Before trainings: it stops a study in which a role of a fold is left without patients.
    priority: 90
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        **params_of(Cohort),
    message:
        "Cohort: series, patients, rejections and split"
    shell:
        command(Cohort)


rule gather:
    input:
        unpack(inputs_of(Gather)),
    output:
        **outputs_of(Gather),
    log:
        log_of(Gather),
    benchmark:
        benchmark_of(Gather)
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        **params_of(Gather),
    message:
        "Images of the patients tested in fold {wildcards.fold}, in one folder"
    shell:
        command(Gather)


rule patches:
    input:
        unpack(inputs_of(Patches)),
    output:
        **outputs_of(Patches),
    log:
        log_of(Patches),
    benchmark:
        benchmark_of(Patches)
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=scaled(3000),
        runtime=scaled(60),
    params:
        **params_of(Patches),
    message:
        "Patches of the patients tested in fold {wildcards.fold}, for the trainings of the others"
    shell:
        command(Patches)
