"""ldct: how far losses and image-quality metrics of low-dose CT enhancement agree.

Data flows one way: dicom, projection -> reconstruction -> data -> training -> inference -> metrics ->
statistics -> report.
Importing this package loads neither torch nor Snakemake.
"""

__version__ = "0.1.0"
