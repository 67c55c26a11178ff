"""The report. How a section is added: see `ldct.report.sections`."""
