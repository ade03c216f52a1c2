# Answers of surveillance (1.20.3) for simulated series and parameters as `lianfang detect` takes them.
# Run where R has the package:  Rscript make_terminal_reference.R. Fields are separated by |, parameters by spaces.
suppressMessages(library(surveillance))
options(warn = -1)
numbers <- function(x) gsub(" ", "", paste(format(as.numeric(x), digits = 16, trim = TRUE), collapse = ","))
con <- file("terminal.txt", "w")
writeLines("method|parameters|start|counts|from|to|upperbound|expected|phi|alarm", con)
emit <- function(method, p, x, range, ub, expected, phi, alarm) {
  if (x@freq != 52 && method != "ears") p$frequency <- x@freq
  text <- sapply(names(p), function(k) paste0(k, "=", if (is.logical(p[[k]])) ifelse(p[[k]], "TRUE", "FALSE") else paste(format(p[[k]], digits = 15, trim = TRUE), collapse = ",")))
  writeLines(paste(method, paste(text, collapse = " "), if (x@epochAsDate) format(as.Date(x@epoch[1], origin = "1970-01-01")) else "", numbers(observed(x)),
                   min(range), max(range), numbers(ub), numbers(expected), numbers(phi), numbers(alarm), sep = "|"), con)
}
flexible <- function(x, p, range) {
  a <- tryCatch(farringtonFlexible(x, control = c(p, list(range = range))), error = function(e) NULL)
  if (!is.null(a)) emit("farrington-flexible", p, x, range, upperbound(a), a@control$expected, a@control$phiVector, alarms(a))
}
original <- function(x, p, range) {
  a <- tryCatch(farrington(x, control = c(p, list(range = range, verbose = FALSE)), verbose = FALSE), error = function(e) NULL)
  if (!is.null(a)) emit("farrington", p, x, range, upperbound(a), a@control$pd[, 2], NA, alarms(a))
}
charts <- function(x, p, range) {
  a <- tryCatch(earsC(x, control = c(p, list(range = range))), error = function(e) NULL)
  m <- tolower(p$method); p$method <- NULL
  if (!is.null(a)) emit(paste0("ears-", m), p, x, range, upperbound(a), NA, NA, alarms(a))
}
sums <- function(x, p, range) {
  a <- tryCatch(cusum(x, control = c(p, list(range = range))), error = function(e) NULL)
  if (!is.null(a)) emit("cusum", p, x, range, upperbound(a), NA, NA, alarms(a))
}
weeks <- function(n, mu, size = 5, dated = TRUE, start = as.Date("2001-01-01")) {
  y <- rnbinom(n, mu = mu, size = size)
  if (dated) sts(observed = y, epoch = start + 7 * (seq_len(n) - 1), frequency = 52) else sts(observed = y, start = c(2001, 1), frequency = 52)
}
months <- function(n, mu) sts(observed = rpois(n, mu), start = c(2001, 1), frequency = 12)
wave <- function(n, f = 52) exp(2 + .6 * cos(2 * pi * seq_len(n) / f) + .001 * seq_len(n))
set.seed(40)

# The first weeks that have a baseline, and the one before them in which a single week is lacking.
for (dated in c(TRUE, FALSE)) for (periods in c(1, 5)) for (first in 263:265) flexible(weeks(330, 20, dated = dated), list(b = 5, w = 3, noPeriods = periods, limit54 = c(0, 4)), first:(first + 1))
# Regressions that do not converge, low counts and zeros.
for (mu in c(.01, .02, .03, .05, .3)) for (w in c(1, 4)) flexible(weeks(400, mu, dated = w == 1), list(b = 5, w = w, noPeriods = 7, limit54 = c(0, 4), pThresholdTrend = .3), 380:389)
none <- weeks(400, 1, dated = FALSE); none@observed[] <- 0
for (limit in list(c(0, 4), c(5, 4))) for (periods in c(1, 5)) flexible(none, list(b = 5, w = 3, noPeriods = periods, limit54 = limit), 380:384)
flexible(weeks(480, 3), list(b = 8, w = 6, noPeriods = 10, thresholdMethod = "muan", alpha = .001), 440:449)
flexible(weeks(480, wave(480)), list(b = 8, w = 1, noPeriods = 9, thresholdMethod = "nbPlugin", alpha = .025, powertrans = "1/2", pastWeeksNotIncluded = 0), 440:449)
flexible(weeks(300, wave(300)), list(b = 3, w = 6, noPeriods = 2, reweight = FALSE, limit54 = c(10, 8), powertrans = "none", pastWeeksNotIncluded = 30), 200:209)
for (r in 1:12) {
  p <- list(b = sample(3:6, 1), w = sample(1:6, 1), noPeriods = sample(1:10, 1), reweight = runif(1) < .8, weightsThreshold = sample(c(1, 2.58, 3.5), 1), alpha = sample(c(.05, .01, .001), 1),
            trend = runif(1) < .8, pThresholdTrend = sample(c(.05, 1, .001), 1), limit54 = list(c(5, 4), c(0, 4), c(3, 2))[[sample(3, 1)]],
            powertrans = sample(c("2/3", "1/2", "none"), 1), thresholdMethod = sample(c("delta", "nbPlugin", "muan"), 1), pastWeeksNotIncluded = sample(c(0, 3, 10, 26), 1))
  flexible(weeks(400, wave(400) * sample(c(.1, 1, 100), 1), dated = r %% 2 == 0), p, 352:361)
}
# Months: more levels of the season than months between two windows.
for (w in 1:5) flexible(months(120, wave(120, 12)), list(b = 4, w = w, noPeriods = 10, limit54 = c(0, 4), trend = w %% 2 == 0), 100:103)
for (w in 1:3) original(months(120, wave(120, 12)), list(b = 4, w = w, limit54 = c(0, 4)), 100:103)
for (r in 1:6) original(weeks(400, wave(400) * sample(c(.1, 1, 50), 1), dated = r %% 2 == 0),
                        list(b = sample(1:6, 1), w = sample(1:6, 1), alpha = sample(c(.05, .001), 1), powertrans = sample(c("2/3", "1/2", "none"), 1), reweight = r %% 3 > 0), 330:339)
for (m in c("C1", "C2", "C3")) for (baseline in c(5, 28)) for (sigma in c(0, 1)) charts(weeks(70, sample(c(.3, 3, 200), 1)), list(method = m, baseline = baseline, minSigma = sigma, alpha = sample(c(.001, .025, .05), 1)), 40:70)
# Negative binomial residuals from a table, means from a regression with the year of the series, a mean of zero.
for (a in c(.02, .1, .37, 1)) for (mu in c(.7, 6, 60)) {
  x <- weeks(130, mu)
  if (a * max(observed(x)) <= 100) sums(x, list(k = .5, h = 4, trans = "anscombeNegBin", alpha = a), 105:130)
}
for (t in c("standard", "rossi", "none", "anscombe", "anscombe2nd", "pearsonNegBin")) {
  sums(weeks(200, wave(200)), list(k = 1.04, h = 2.26, trans = t, m = "glm", alpha = .2), 120:140)
  sums(months(100, wave(100, 12)), list(k = 1.04, h = 2.26, trans = t, m = "glm", alpha = .2), 60:80)
  sums(weeks(130, 5), list(k = .5, h = 4, trans = t, m = 4.5, alpha = .2), 1:30)
}
zero <- weeks(80, 1); zero@observed[1:60, ] <- 0
sums(zero, list(k = .5, h = 4, trans = "none"), 61:80)
close(con)
