# R side of bench/mmrm.py: Rscript mmrm.R FOLDER prints {"task": {"median": seconds}} of the packages that are installed:
# lmerTest (with lme4) for the random slope, mmrm for the rest.
folder <- commandArgs(TRUE)[1]
has <- function(package) suppressWarnings(suppressMessages(require(package, character.only = TRUE, quietly = TRUE)))
read <- function(f, factors) { d <- read.csv(file.path(folder, f)); for (n in factors) d[[n]] <- factor(d[[n]]); d }
time <- function(expr, runs = 5) {
  e <- substitute(expr); p <- parent.frame(); eval(e, p)
  median(sapply(seq_len(runs), function(i) system.time(eval(e, p))[["elapsed"]]))
}
out <- list()
if (has("lmerTest")) {
  slopes <- read("slopes.csv", c("ID", "ARM"))
  out[["slopes 5000 satterthwaite"]] <- time(summary(lmer(Y ~ ARM * DAY + (1 + DAY | ID), slopes)))
}
if (has("mmrm")) {
  bcva <- read("bcva.csv", c("USUBJID", "AVISIT", "ARMCD", "RACE"))
  large <- read("large.csv", c("ID", "AVISIT", "ARM"))
  f <- BCVA_CHG ~ BCVA_BL + RACE + ARMCD * AVISIT + us(AVISIT | USUBJID)
  out[["bcva us satterthwaite"]] <- time(summary(mmrm(f, bcva)))
  out[["bcva us kenward-roger"]] <- time(summary(mmrm(f, bcva, method = "Kenward-Roger")), 1)
  ar1 <- update(f, . ~ . - us(AVISIT | USUBJID) + ar1(AVISIT | USUBJID))
  out[["bcva ar1 satterthwaite"]] <- time(summary(mmrm(ar1, bcva)))
  out[["large 10000 us satterthwaite"]] <- time(summary(mmrm(Y ~ BASE + ARM * AVISIT + us(AVISIT | ID), large)), 1)
}
lines <- sprintf('"%s": {"median": %.8f}', names(out), unlist(out))
cat("{", paste(lines, collapse = ", "), "}\n", sep = "")
