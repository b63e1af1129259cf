# CPU seconds of R's survfit and survdiff on data like those of survival.py: Rscript bench/survival.R [subjects]
library(survival)
n <- as.integer(as.numeric(c(commandArgs(TRUE), "1e6")[1]))
set.seed(20261122)
death <- rexp(n, 1 / 400)
censor <- rexp(n, 1 / 900)
days <- ceiling(pmin(death, censor))
event <- death <= censor
arm <- rbinom(n, 1, 0.5)
best <- function(run) min(replicate(3, sum(system.time(run())[1:2])))
km <- best(function() summary(survfit(Surv(days, event) ~ 1, conf.type = "log-log"), times = c(28, 84, 180, 365, 730)))
logrank <- best(function() survdiff(Surv(days, event) ~ arm))
cat(km, logrank, "\n")
