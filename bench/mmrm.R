# R side of bench/mmrm.py: Rscript mmrm.R FOLDER prints {"task": {"median": seconds}}; needs mmrm, lme4, lmerTest, jsonlite
suppressWarnings(suppressMessages({ library(mmrm); library(lmerTest); library(jsonlite) }))
folder <- commandArgs(TRUE)[1]
read <- function(f, factors) { d <- read.csv(file.path(folder, f)); for (n in factors) d[[n]] <- factor(d[[n]]); d }
time <- function(expr, runs = 5) {
  e <- substitute(expr); p <- parent.frame(); eval(e, p)
  list(median = median(sapply(seq_len(runs), function(i) system.time(eval(e, p))[["elapsed"]])))
}
bcva <- read("bcva.csv", c("USUBJID", "AVISIT", "ARMCD", "RACE"))
large <- read("large.csv", c("ID", "AVISIT", "ARM"))
slopes <- read("slopes.csv", c("ID", "ARM"))
f <- BCVA_CHG ~ BCVA_BL + RACE + ARMCD * AVISIT + us(AVISIT | USUBJID)
out <- list(
  "bcva us satterthwaite" = time(summary(mmrm(f, bcva))),
  "bcva us kenward-roger" = time(summary(mmrm(f, bcva, method = "Kenward-Roger")), 1),
  "bcva ar1 satterthwaite" = time(summary(mmrm(update(f, . ~ . - us(AVISIT | USUBJID) + ar1(AVISIT | USUBJID)), bcva))),
  "large 10000 us satterthwaite" = time(summary(mmrm(Y ~ BASE + ARM * AVISIT + us(AVISIT | ID), large)), 1),
  "slopes 5000 satterthwaite" = time(summary(lmer(Y ~ ARM * DAY + (1 + DAY | ID), slopes)))
)
cat(toJSON(out, auto_unbox = TRUE, digits = 8))
