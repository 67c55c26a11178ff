"""From folders of files to a cohort: the headers of every series, who and which dose it is, and the manifest."""
