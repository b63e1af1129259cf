# Rscript make_expected.R > expected.csv ; R's own p.adjust (stats), no package needed
cases <- list(c(0.01, 0.02, 0.03), c(0.02, 0.055, 0.012), c(0.0123, 0.0131, 0.0144, 0.04, 0.049, 0.06),
              c(0.9, 0.001, 0.3, 0.001, 0.02, 0.5, 0.049), c(0.05), c(1, 1, 0), c(0.04, 0.04, 0.04, 0.04),
              c(0.011, 0.024, 0.0245, 0.026, 0.9))
cat("case,method,index,p,adjusted\n")
for (i in seq_along(cases)) for (m in c("bonferroni", "holm", "hochberg", "hommel"))
  cat(sprintf("%d,%s,%d,%.17g,%.17g\n", i, m, seq_along(cases[[i]]), cases[[i]], p.adjust(cases[[i]], m)), sep = "")
