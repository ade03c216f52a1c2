# Answers of the reference implementations for random series and parameters, as checks for lianfang.engines.
# Run where R has the packages surveillance (1.20.3) and EpiEstim (2.2-4):  Rscript make_reference.R
# Both are called as they are installed; the text files beside this script are their output. Fields are separated by |.
suppressMessages({library(surveillance); library(EpiEstim)})
options(warn = -1)
numbers <- function(x) gsub(" ", "", paste(format(x, digits = 16), collapse = ","))
line <- function(con, ...) writeLines(paste(..., sep = "|"), con)
counts <- function(n, kind) {
  t <- 1:n
  mu <- switch(kind, low = exp(-1 + .5 * cos(2 * pi * t / 52)), mid = exp(2 + .5 * cos(2 * pi * t / 52) + .002 * t),
               high = exp(6 + .8 * cos(2 * pi * t / 52) - .003 * t), zero = rep(.05, n), seasonal = ifelse(t %% 52 < 26, 0, 20),
               under = rep(8, n))
  y <- switch(kind, under = rbinom(n, 10, .9), high = rnbinom(n, mu = mu, size = 10), mid = rnbinom(n, mu = mu, size = 3), rpois(n, mu))
  if (runif(1) < .5) { i <- sample(n, 5); y[i] <- y[i] * 5 + 10 }
  y
}
kinds <- c("low", "mid", "high", "zero", "seasonal", "under")
series <- function(y, dated, start) if (dated) sts(observed = y, epoch = start + 7 * (seq_along(y) - 1), frequency = 52) else
  sts(observed = y, start = c(2001, 1), frequency = 52)

set.seed(20)
con <- file("farrington_flexible.txt", "w")
line(con, "dated", "start", "counts", "from", "b", "w", "reweight", "weightsThreshold", "alpha", "trend", "pThresholdTrend",
     "limit54", "powertrans", "noPeriods", "pastWeeksNotIncluded", "thresholdMethod", "populationOffset", "upperbound", "expected", "phi", "trended", "alarm")
for (r in 1:120) {
  n <- sample(350:420, 1); y <- counts(n, sample(kinds, 1)); if (runif(1) < .3) y[sample(n, 3)] <- NA
  dated <- runif(1) < .6; start <- as.Date("1999-12-20") + sample(0:800, 1); offset <- runif(1) < .15
  p <- list(b = sample(2:5, 1), w = sample(1:4, 1), reweight = runif(1) < .8, weightsThreshold = sample(c(1, 2.58, 2), 1), alpha = sample(c(.05, .01, .001), 1),
            trend = runif(1) < .8, pThresholdTrend = sample(c(.05, 1, .3), 1), limit54 = list(c(5, 4), c(0, 4), c(3, 2))[[sample(3, 1)]],
            powertrans = sample(c("2/3", "1/2", "none"), 1), noPeriods = sample(c(1, 1, 2, 5, 10), 1), pastWeeksNotIncluded = sample(c(0, 3, 26, 52), 1),
            thresholdMethod = sample(c("delta", "nbPlugin", "muan"), 1), populationOffset = offset)
  s <- series(y, dated, start); if (offset) population(s) <- matrix(round(1000 * exp(.002 * (1:n))), ncol = 1)
  from <- sample((52 * p$b + p$w + 8):(n - 9), 1); p$range <- from:(from + 9)
  a <- tryCatch(farringtonFlexible(s, control = p), error = function(e) NULL)
  if (is.null(a)) next
  line(con, dated, start, numbers(y), from, p$b, p$w, p$reweight, p$weightsThreshold, p$alpha, p$trend, p$pThresholdTrend, paste(p$limit54, collapse = ","),
       p$powertrans, p$noPeriods, p$pastWeeksNotIncluded, p$thresholdMethod, offset, numbers(as.vector(upperbound(a))), numbers(a@control$expected),
       numbers(a@control$phiVector), numbers(a@control$trend), numbers(as.integer(alarms(a))))
}
close(con)

con <- file("farrington.txt", "w")
line(con, "dated", "start", "counts", "from", "b", "w", "reweight", "alpha", "trend", "limit54", "powertrans", "upperbound", "expected", "alarm")
for (r in 1:100) {
  n <- sample(350:420, 1); y <- counts(n, sample(kinds, 1)); dated <- runif(1) < .6; start <- as.Date("1999-12-20") + sample(0:800, 1)
  p <- list(b = sample(1:5, 1), w = sample(1:4, 1), reweight = runif(1) < .8, alpha = sample(c(.05, .01, .001), 1), trend = runif(1) < .8,
            limit54 = list(c(5, 4), c(0, 4), c(3, 2))[[sample(3, 1)]], powertrans = sample(c("2/3", "1/2", "none"), 1), verbose = FALSE)
  from <- sample((52 * p$b + p$w + 1 - sample(c(0, 20), 1)):(n - 9), 1); from <- max(1, from); p$range <- from:(from + 9)
  a <- tryCatch(farrington(series(y, dated, start), control = p, verbose = FALSE), error = function(e) NULL)
  if (is.null(a)) next
  line(con, dated, start, numbers(y), from, p$b, p$w, p$reweight, p$alpha, p$trend, paste(p$limit54, collapse = ","), p$powertrans,
       numbers(as.vector(upperbound(a))), numbers(a@control$pd[, 2]), numbers(as.integer(alarms(a))))
}
close(con)

con <- file("charts.txt", "w")
line(con, "method", "counts", "from", "baseline", "minSigma", "alpha", "k", "h", "trans", "m", "upperbound", "alarm")
for (r in 1:90) {
  n <- sample(20:80, 1); y <- rpois(n, sample(c(.2, 1, 5, 50), 1)); if (runif(1) < .2) y[sample(n, 2)] <- NA
  p <- list(method = sample(c("C1", "C2", "C3"), 1), baseline = sample(c(5, 7, 14), 1), minSigma = sample(c(0, 0, .5, 1), 1), alpha = sample(c(.001, .01, .025, .1), 1))
  a <- tryCatch(earsC(sts(observed = y, frequency = 52), control = p), error = function(e) NULL)
  if (is.null(a)) next
  line(con, p$method, numbers(y), "", p$baseline, p$minSigma, p$alpha, "", "", "", "", numbers(as.vector(upperbound(a))), numbers(as.integer(alarms(a))))
}
for (r in 1:90) {
  n <- sample(120:200, 1); y <- rpois(n, sample(c(.2, 1, 5, 50), 1) * (1 + .3 * sin(2 * pi * (1:n) / 52))); from <- sample(60:100, 1)
  p <- list(range = from:n, k = sample(c(.5, 1.04, 1.5), 1), h = sample(c(2.26, 4, 8), 1), alpha = sample(c(.05, .3), 1),
            trans = sample(c("standard", "rossi", "none", "anscombe", "anscombe2nd", "pearsonNegBin"), 1))
  m <- sample(c("NULL", "glm", "number"), 1); if (m == "glm") p$m <- "glm"; if (m == "number") { p$m <- round(mean(y) * 1.2 + .01, 4); m <- format(p$m, digits = 16) }
  a <- tryCatch(cusum(sts(observed = y, frequency = 52), control = p), error = function(e) NULL)
  if (is.null(a)) next
  line(con, "cusum", numbers(y), from, "", "", p$alpha, p$k, p$h, p$trans, m, numbers(as.vector(upperbound(a))), numbers(as.integer(alarms(a))))
}
close(con)

con <- file("reproduction.txt", "w")
line(con, "incidence", "weights", "window", "mean_si", "sd_si", "mean_prior", "sd_prior", "mean", "sd", "q025", "q50", "q95")
for (r in 1:80) {
  n <- sample(12:50, 1); I <- rpois(n, sample(c(.3, 3, 30), 1)); if (runif(1) < .3) I[1:sample(1:8, 1)] <- 0
  mu <- runif(1, 1.5, 9); sd <- runif(1, .5, mu); w <- discr_si(0:sample(8:40, 1), mu, sd); w <- w / sum(w)
  win <- sample(c(1, 3, 7), 1); first <- seq(2, n - win + 1); pm <- sample(c(5, 2), 1); ps <- sample(c(5, 3), 1); parametric <- runif(1) < .4
  shared <- list(t_start = first, t_end = first + win - 1, mean_prior = pm, std_prior = ps)
  a <- tryCatch(suppressMessages(if (parametric) estimate_R(I, method = "parametric_si", config = make_config(c(list(mean_si = mu, std_si = sd), shared)))
    else estimate_R(I, method = "non_parametric_si", config = make_config(c(list(si_distr = w), shared)))), error = function(e) NULL)
  if (is.null(a)) next
  line(con, numbers(I), if (parametric) "" else numbers(w), win, format(mu, digits = 16), format(sd, digits = 16), pm, ps, numbers(a$R[["Mean(R)"]]), numbers(a$R[["Std(R)"]]),
       numbers(a$R[["Quantile.0.025(R)"]]), numbers(a$R[["Median(R)"]]), numbers(a$R[["Quantile.0.95(R)"]]))
}
close(con)

# Monthly and daily series: dated (the trend's time is the calendar's) and undated.
set.seed(21)
con <- file("farrington_other_steps.txt", "w")
line(con, "step", "counts", "from", "b", "w", "noPeriods", "thresholdMethod", "pastWeeksNotIncluded", "upperbound", "expected")
for (r in 1:24) {
  step <- c("month", "undated month", "day")[1 + r %% 3]; n <- if (step == "day") 900 else sample(100:140, 1)
  y <- if (step == "day") rpois(n, 6) else rnbinom(n, mu = 20 * exp(.3 * cos(2 * pi * (1:n) / 12) + .01 * (1:n)), size = 10)
  s <- switch(step, month = sts(observed = y, epoch = seq(as.Date("2001-03-01"), by = "1 month", length = n), frequency = 12),
              "undated month" = sts(observed = y, start = c(2001, 3), frequency = 12), day = sts(observed = y, epoch = as.Date("2001-02-10") + 0:(n - 1), frequency = 365))
  p <- list(b = if (step == "day") 2 else sample(3:5, 1), w = sample(1:2, 1), noPeriods = sample(c(1, 4), 1), thresholdMethod = sample(c("delta", "muan"), 1),
            limit54 = c(0, 4), pastWeeksNotIncluded = sample(c(1, 3), 1))
  from <- if (step == "day") sample(760:880, 1) else n - 9; p$range <- from:(from + 9)
  a <- farringtonFlexible(s, control = p)
  line(con, step, numbers(y), from, p$b, p$w, p$noPeriods, p$thresholdMethod, p$pastWeeksNotIncluded, numbers(as.vector(upperbound(a))), numbers(a@control$expected))
}
close(con)
