# Means by visit of the SIMULATED example: random intercept, Kenward-Roger. Rscript nct06904755.R ROWS.csv (code, id, visit, y)
suppressMessages({library(lme4); library(pbkrtest)})
rows <- read.csv(commandArgs(TRUE)[1])
cat("code,visit,estimate,std_error,df\n")
for (code in c("IL6", "MELD", "PTA")) {
  own <- rows[rows$code == code, ]
  own$visit <- factor(own$visit, levels = c("BL", "D1", "D3", "D5", "D7", "D14", "D28", "D56", "D84"))
  fit <- lmer(y ~ 0 + visit + (1 | id), own)
  adjusted <- vcovAdj(fit)
  for (place in seq_along(fixef(fit))) {
    row <- replace(rep(0, length(fixef(fit))), place, 1)
    cat(sprintf("%s,%s,%.10f,%.10f,%.7f\n", code, levels(own$visit)[place], fixef(fit)[place],
                sqrt(adjusted[place, place]), Lb_ddf(row, vcov(fit), adjusted)))
  }
}
