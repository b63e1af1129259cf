# Rscript make_expected.R > expected.json ; base R only. What multiple imputation tends to as the number of imputations grows:
# the model by glm, the coefficients' normal distribution integrated (the linear predictor of a patient is normal), and
# Rubin's between variance as E[var(sum y | beta)] + var(E[sum y | beta]) on a grid of Gauss-Hermite nodes.
arm  <- c(0,0,0,0,0,0,0,0,0,0,0,0, 1,1,1,1,1,1,1,1,1,1,1,1)
base <- c(7,9,8,10,7,6,9,11,8,7,9,10, 7,8,9,10,6,7,8,9,10,11,8,7)
y    <- c(1,0,0,0,1,1,0,0,NA,NA,0,1, 1,1,0,1,1,NA,NA,1,0,0,NA,1)
died <- c(0,0,0,0,0,0,0,0,0,0,1,0, 0,0,0,0,0,0,0,0,0,1,0,0)   # no response, and no donor
donor <- !is.na(y) & died == 0
centre <- mean(base[died == 0])
fit <- glm(y ~ arm + I(base - centre), family = binomial, subset = donor, epsilon = 1e-14, maxit = 100)
b <- coef(fit); V <- vcov(fit); n <- c(12, 12)
mis <- which(is.na(y)); X <- cbind(1, arm, base - centre)[mis, ]
eta <- X %*% b; s <- sqrt(diag(X %*% V %*% t(X)))
p <- sapply(seq_along(mis), function(i) integrate(function(z) plogis(eta[i] + s[i] * z) * dnorm(z), -10, 10, rel.tol = 1e-12)$value)
seen <- c(sum(y[arm == 0], na.rm = TRUE), sum(y[arm == 1], na.rm = TRUE))
mean_p <- (seen + c(sum(p[arm[mis] == 0]), sum(p[arm[mis] == 1]))) / n
# 60-point Gauss-Hermite in each of the three directions
k <- 60; J <- matrix(0, k, k); i <- seq_len(k - 1); J[cbind(i, i + 1)] <- J[cbind(i + 1, i)] <- sqrt(i)
e <- eigen(J, symmetric = TRUE); z <- e$values; w <- e$vectors[1, ]^2
g <- expand.grid(1:k, 1:k, 1:k); W <- w[g[, 1]] * w[g[, 2]] * w[g[, 3]]
B <- matrix(b, nrow(g), 3, byrow = TRUE) + cbind(z[g[, 1]], z[g[, 2]], z[g[, 3]]) %*% chol(V)
P <- plogis(B %*% t(X)); sign <- ifelse(arm[mis] == 1, 1 / n[2], -1 / n[1])
d <- as.vector(P %*% sign); within_beta <- as.vector((P * (1 - P)) %*% sign^2)
between <- sum(W * within_beta) + sum(W * d^2) - sum(W * d)^2
# mean of p(1 - p)/n over imputations, each arm: E[q] - E[q]^2 - var(q)
u <- 0
for (a in 0:1) { own <- arm[mis] == a; q <- (seen[a + 1] + as.vector(P[, own, drop = FALSE] %*% rep(1, sum(own)))) / n[a + 1]
  vq <- sum(W * as.vector((P * (1 - P))[, own, drop = FALSE] %*% rep(1, sum(own)))) / n[a + 1]^2 + sum(W * q^2) - sum(W * q)^2
  m <- sum(W * q); u <- u + (m - m^2 - vq) / n[a + 1] }
total <- u + between; lambda <- between / total; nu <- sum(n) - 2
df <- (nu + 1) / (nu + 3) * nu * (1 - lambda)   # the number of imputations is infinite
num <- function(x) paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]")
cat(sprintf('{"software": "%s", "coef": %s, "std_error": %s, "probability": %s, "proportions": %s, "difference": %.15g, "within": %.15g, "between": %.15g, "df": %.15g}\n',
  R.version.string, num(b), num(sqrt(diag(V))), num(p), num(mean_p), mean_p[2] - mean_p[1], u, between, df))
