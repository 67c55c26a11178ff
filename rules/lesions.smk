# In:  images, projections and labels of tumours; networks and predictions
# Out: results/lesions, results/conspicuity

from ldct.stages.conspicuity import Conspicuity
from ldct.stages.gather_lesions import GatherLesions
from ldct.stages.lesion_anchors import LesionAnchors
from ldct.stages.lesions import Lesions
from ldct.stages.observe import Observe
from ldct.stages.regions import Regions


rule lesions:
    input:
        unpack(inputs_of(Lesions)),
    output:
        **outputs_of(Lesions),
    log:
        log_of(Lesions),
    benchmark:
        benchmark_of(Lesions)
    conda:
        "../envs/lesions.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        **params_of(Lesions),
    message:
        "Lesions of {wildcards.patient}: inserted before the dose is reduced"
    shell:
        command(Lesions)


rule gather_lesions:
    input:
        unpack(inputs_of(GatherLesions)),
    output:
        **outputs_of(GatherLesions),
    log:
        log_of(GatherLesions),
    benchmark:
        benchmark_of(GatherLesions)
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        **params_of(GatherLesions),
    message:
        "Images with lesions of the patients tested in fold {wildcards.fold}, in one folder"
    shell:
        command(GatherLesions)


rule lesion_anchors:
    input:
        unpack(inputs_of(LesionAnchors)),
    output:
        **outputs_of(LesionAnchors),
    log:
        log_of(LesionAnchors),
    benchmark:
        benchmark_of(LesionAnchors)
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(30),
    params:
        **params_of(LesionAnchors),
    message:
        "Lesions in the low-dose, full-dose and filtered images, fold {wildcards.fold}"
    shell:
        command(LesionAnchors)


rule regions:
    input:
        unpack(inputs_of(Regions)),
    output:
        **outputs_of(Regions),
    log:
        log_of(Regions),
    benchmark:
        benchmark_of(Regions)
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        **params_of(Regions),
    message:
        "Lesions denoised: {wildcards.model}, {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        command(Regions)


rule observe:
    input:
        unpack(inputs_of(Observe)),
    output:
        **outputs_of(Observe),
    log:
        log_of(Observe),
    benchmark:
        benchmark_of(Observe)
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        **params_of(Observe),
    message:
        "Model observers look for the lesions of fold {wildcards.fold}"
    shell:
        command(Observe)


rule conspicuity:
    input:
        unpack(inputs_of(Conspicuity)),
    output:
        **outputs_of(Conspicuity),
    log:
        log_of(Conspicuity),
    benchmark:
        benchmark_of(Conspicuity)
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **params_of(Conspicuity),
    message:
        "How visible lesions stay"
    shell:
        command(Conspicuity)
