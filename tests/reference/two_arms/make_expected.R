# Two-arm comparisons of the 312 patients of the Mayo PBC trial, as the study file's keys name them.
# Rscript make_expected.R ../mayo_pbc/pbc.csv > expected.csv
library(survival)
pbc <- read.csv(commandArgs(TRUE)[1])
d <- subset(pbc, !is.na(trt))
d$arm <- as.numeric(d$trt == 1) # D-penicillamine against placebo
d$stratum <- factor(d$stage)
death <- Surv(d$time, d$status == 2)
say <- function(name, value) cat(sprintf("%s,%.15g\n", name, value))
tight <- coxph.control(eps = 1e-11)
cat("name,value\n")
chisq <- function(name, fit) { say(paste0(name, " statistic"), fit$chisq); say(paste0(name, " p_value"), fit$pvalue) }
chisq("log-rank", survdiff(death ~ arm, d))
chisq("stratified log-rank", survdiff(death ~ arm + strata(stratum), d))
cox <- function(name, fit) {
  s <- summary(fit)
  say(paste0(name, " estimate"), s$conf.int["arm", 1])
  say(paste0(name, " conf_low"), s$conf.int["arm", 3])
  say(paste0(name, " conf_high"), s$conf.int["arm", 4])
  say(paste0(name, " p_value"), s$coefficients["arm", ncol(s$coefficients)])
}
for (ties in c("efron", "breslow", "exact")) {
  fit <- coxph(death ~ arm + age + sex + strata(stratum), d, ties = ties, control = tight)
  cox(paste("adjusted", ties), fit)
  if (ties != "exact") say(paste("zph", ties), cox.zph(fit, terms = FALSE)$table["arm", "chisq"])
}
for (sx in c("f", "m")) cox(paste("sex", sx), coxph(Surv(time, status == 2) ~ arm, subset(d, sex == sx), control = tight))
main <- coxph(death ~ arm + sex, d, control = tight)
both <- coxph(death ~ arm * sex, d, control = tight)
say("interaction sex statistic", 2 * (both$loglik[2] - main$loglik[2]))
old <- as.numeric(d$age > 50)
main <- coxph(death ~ arm + old, d, control = tight)
both <- coxph(death ~ arm * old, d, control = tight)
say("interaction age statistic", 2 * (both$loglik[2] - main$loglik[2]))
cox("age over 50", coxph(Surv(time, status == 2) ~ arm, subset(d, age > 50), control = tight))
# competing risks: transplant is the event (status 1), death competes
cox("cause event", coxph(Surv(time, status == 1) ~ arm, d, control = tight))
cox("cause competing", coxph(Surv(time, status == 2) ~ arm, d, control = tight))
d$cause <- factor(d$status, 0:2, c("censored", "transplant", "death"))
fg <- finegray(Surv(time, cause) ~ ., data = d[c("time", "cause", "arm", "id")], etype = "transplant")
fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ arm, fg, weights = fgwt, ties = "breslow", cluster = id,
             control = tight)
say("fine-gray estimate", exp(coef(fit)[["arm"]])) # its variance is not that of cmprsk::crr
# ordered outcome: histological stage, a lower one is better
library(MASS)
fit <- polr(ordered(-stage) ~ arm, d, Hess = TRUE, control = list(reltol = 1e-15))
z <- qnorm(0.975) * sqrt(vcov(fit)["arm", "arm"])
say("polr estimate", exp(coef(fit)[["arm"]]))
say("polr conf_low", exp(coef(fit)[["arm"]] - z))
say("polr conf_high", exp(coef(fit)[["arm"]] + z))
say("wilcoxon p_value", wilcox.test(stage ~ arm, d, exact = FALSE, correct = FALSE)$p.value)
