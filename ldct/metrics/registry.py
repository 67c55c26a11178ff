"""Metric names and the classes behind them; readable without importing any of them."""

from __future__ import annotations

BUILTIN: dict[str, str] = {
    "rmse": "ldct.metrics.rmse:RMSE",
    "psnr": "ldct.metrics.psnr:PSNR",
    "ssim": "ldct.metrics.ssim:SSIM",
    "ms_ssim": "ldct.metrics.ms_ssim:MSSSIM",
    "fsim": "ldct.metrics.fsim:FSIM",
    "vifp": "ldct.metrics.vifp:VIFp",
    "gmsd": "ldct.metrics.gmsd:GMSD",
    "haarpsi": "ldct.metrics.haarpsi:HaarPSI",
    "hed_vgg16_distance": "ldct.metrics.hed_vgg16_distance:HEDVGG16Distance",
    "niqe_skvideo": "ldct.metrics.niqe_skvideo:NIQESkvideo",
    "hu_bias": "ldct.metrics.hu_bias:HUBias",
    "noise_sd_ratio": "ldct.metrics.noise_sd_ratio:NoiseSDRatio",
    "hu_bias_lung": "ldct.metrics.hu_bias_tissues:HUBiasLung",
    "hu_bias_fat": "ldct.metrics.hu_bias_tissues:HUBiasFat",
    "hu_bias_bone": "ldct.metrics.hu_bias_tissues:HUBiasBone",
    "nps_log_distance": "ldct.metrics.nps_log_distance:NPSLogDistance",
    "nps_frequency_ratio": "ldct.metrics.nps_frequency_ratio:NPSFrequencyRatio",
    "nps_peak_ratio": "ldct.metrics.nps_peak_ratio:NPSPeakRatio",
    "edge_sharpness_ratio": "ldct.metrics.edge_sharpness_ratio:EdgeSharpnessRatio",
    "edge_width_ratio": "ldct.metrics.edge_width_ratio:EdgeWidthRatio",
    "ttf50_ratio": "ldct.metrics.ttf50_ratio:TTF50Ratio",
    "cnr_ratio": "ldct.metrics.cnr_ratio:CNRRatio",
    "hu_bias_bins": "ldct.metrics.hu_bias_bins:HUBiasBins",
    "mae": "ldct.metrics.mae:MAE",
    "haarpsi_med": "ldct.metrics.haarpsi_med:HaarPSIMed",
    "ms_gmsd": "ldct.metrics.ms_gmsd:MSGMSD",
    "mdsi": "ldct.metrics.mdsi:MDSI",
    "srsim": "ldct.metrics.srsim:SRSIM",
    "vsi": "ldct.metrics.vsi:VSI",
    "dss": "ldct.metrics.dss:DSS",
    "iw_ssim": "ldct.metrics.iw_ssim:IWSSIM",
    "niqe_ct": "ldct.metrics.niqe_ct:NIQECT",
    "piqe": "ldct.metrics.piqe:PIQE",
    "brisque": "ldct.metrics.brisque:BRISQUE",
    "lpips_alex": "ldct.metrics.lpips:LPIPSAlex",
    "lpips_vgg": "ldct.metrics.lpips:LPIPSVGG",
    "lpips_squeeze": "ldct.metrics.lpips:LPIPSSqueeze",
    "dists": "ldct.metrics.dists:DISTS",
    "fid_hed_vgg16": "ldct.metrics.fid_hed_vgg16:FIDHEDVGG16",
    "kid_hed_vgg16": "ldct.metrics.kid_hed_vgg16:KIDHEDVGG16",
}

# Metrics that are fitted on the training patients of each fold: results/metrics/fitted/fold{f}/{name}.parquet.
FITTED = ("niqe_ct",)

# Weight files (names of ldct/pretrained/catalogue.py) without which a metric is unavailable.
REQUIRES: dict[str, tuple[str, ...]] = {
    "hed_vgg16_distance": ("vgg16_hed",),
    "lpips_alex": ("alexnet",),
    "lpips_vgg": ("vgg16",),
    "lpips_squeeze": ("squeezenet1_1",),
    "dists": ("vgg16", "dists"),
    "fid_hed_vgg16": ("vgg16_hed",),
    "kid_hed_vgg16": ("vgg16_hed",),
}
