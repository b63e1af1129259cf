# What data_templates/mayo-pbc/study.toml asks of the random slope of log bilirubin, from lme4, lmerTest and pbkrtest.
# Rscript make_expected_mixed.R in this folder writes expected_mixed.csv.
library(lmerTest)
options(digits = 17)
seq <- read.csv("pbcseq.csv")
seq$arm <- factor(ifelse(seq$trt == 1, "DPCA", "PLACEBO"), levels = c("PLACEBO", "DPCA"))
seq$sex <- factor(toupper(seq$sex), levels = c("F", "M"))
seq$year <- seq$day / 365.25
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 1e-3, rhoend = 1e-10, maxfun = 1e5))
fit <- lmer(log(bili) ~ arm * year + age + sex + (year | id), data = seq, REML = TRUE, control = tight)
satt <- coef(summary(fit))
kr <- coef(summary(fit, ddf = "Kenward-Roger"))
d <- VarCorr(fit)$id
rows <- list(c("log_likelihood", "", as.numeric(logLik(fit))), c("variance", "between patients", d[1, 1]),
  c("variance", "slope between patients", d[2, 2]), c("variance", "within patients", sigma(fit)^2),
  c("correlation", "", attr(d, "correlation")[1, 2]))
names <- c("(Intercept)" = "Intercept", "armDPCA" = "TRT01P[T.DPCA]", "year" = "TIME", "age" = "AGE",
  "sexM" = "SEX[T.M]", "armDPCA:year" = "TRT01P[T.DPCA]:TIME")
for (name in rownames(kr)) {
  rows <- c(rows, list(c("estimate", names[[name]], kr[name, "Estimate"]), c("std_error", names[[name]], kr[name, "Std. Error"]),
    c("df", names[[name]], kr[name, "df"]), c("p_value", names[[name]], kr[name, "Pr(>|t|)"]),
    c("satterthwaite_df", names[[name]], satt[name, "df"]), c("satterthwaite_std_error", names[[name]], satt[name, "Std. Error"])))
}
out <- as.data.frame(do.call(rbind, rows))
names(out) <- c("stat", "level", "value")
write.csv(out, "expected_mixed.csv", row.names = FALSE, quote = FALSE)
