# Rscript make_expected.R   (in this folder, R 4.2.2, survival 3.5-3)  writes expected.csv
library(survival)
pbc <- subset(read.csv("pbc.csv"), !is.na(trt))
pbc$arm <- factor(pbc$trt, 2:1, c("PLACEBO", "DPCA"))          # reference first
rows <- list()
put <- function(analysis, measure, group, key, stat, value)
  rows[[length(rows) + 1]] <<- data.frame(analysis, measure, group, key = as.character(key), stat,
                                          value = sprintf("%.17g", value))
strip <- function(strata) sub("arm=", "", as.character(strata))

by_arm <- function(id, event) {
  fit <- survfit(Surv(pbc$time, event) ~ arm, data = pbc, conf.type = "log-log")
  s <- summary(fit, times = c(365, 1826, 3652))
  for (stat in list(c("n_risk", "n.risk"), c("estimate", "surv"), c("std_error", "std.err"),
                    c("conf_low", "lower"), c("conf_high", "upper")))
    put(id, "survival", strip(s$strata), s$time, stat[1], s[[stat[2]]])
  put(id, "follow-up", levels(pbc$arm), "", "n_total", as.vector(fit$n))
  put(id, "follow-up", levels(pbc$arm), "", "n_events", as.vector(tapply(event, pbc$arm, sum)))
  q <- quantile(fit, c(.25, .5))
  for (stat in list(c("estimate", "quantile"), c("conf_low", "lower"), c("conf_high", "upper")))
    for (p in c("25", "50"))
      put(id, "event time quantile", strip(rownames(q$quantile)), as.numeric(p) / 100, stat[1], q[[stat[2]]][, p])
  test <- survdiff(Surv(pbc$time, event) ~ arm, data = pbc)
  put(id, "log-rank test", "", "", "statistic", test$chisq)
  put(id, "log-rank test", "", "", "p_value", pchisq(test$chisq, 1, lower.tail = FALSE))
  cox <- summary(coxph(Surv(pbc$time, event) ~ arm, data = pbc, ties = "efron", eps = 1e-11))
  put(id, "hazard ratio", "DPCA", "", "estimate", cox$conf.int[1])
  put(id, "hazard ratio", "DPCA", "", "conf_low", cox$conf.int[3])
  put(id, "hazard ratio", "DPCA", "", "conf_high", cox$conf.int[4])
  put(id, "hazard ratio", "DPCA", "", "p_value", cox$coefficients[5])
}
by_arm("os_km", pbc$status == 2)
by_arm("tfs_km", pbc$status > 0)

state <- factor(pbc$status, 0:2, c("censored", "transplant", "death"))
ms <- summary(survfit(Surv(pbc$time, state) ~ arm, data = pbc, conf.type = "log-log"),
              times = c(365, 1500, 1826, 3000, 3652))
for (what in c("transplant", "death")) {
  k <- match(what, ms$states)
  id <- c(transplant = "lt_cif", death = "death_cif")[[what]]
  for (stat in list(c("estimate", "pstate"), c("std_error", "std.err"), c("conf_low", "lower"), c("conf_high", "upper")))
    put(id, "cumulative incidence", strip(ms$strata), ms$time, stat[1], ms[[stat[2]]][, k])
}
# Gray's test: cmprsk 2.2.11 (R 4.2.2), cuminc(time, status, trt)$Tests, run apart as cmprsk is not in Debian's R
put("lt_cif", "gray test", "", "", "statistic", 0.0194274755305846); put("lt_cif", "gray test", "", "", "p_value", 0.889147916718094)
put("death_cif", "gray test", "", "", "statistic", 0.066593735360749); put("death_cif", "gray test", "", "", "p_value", 0.796362438194159)
write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)
