"""One inference engine behind every verdict about losses: patients and trainings are both random.

Pure functions of arrays, without input or output; see `sample` for their form, `contrasts` for the variance, `families`
for many tests at once, `components` for planning, `common_order` for the agreement of metrics. Words are
`ldct.statistics.policy`'s.
"""
