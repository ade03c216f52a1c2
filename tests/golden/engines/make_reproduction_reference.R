# Answers for what tests/engines/test_reproduction.py compares within the noise of sampling, or with R's own regression.
# Run where R has EpiEstim (2.2-4):  Rscript make_reproduction_reference.R
suppressMessages(library(EpiEstim))
options(warn = -1)
data(Flu2009)
I <- Flu2009$incidence$I
config <- make_config(list(mean_si = 2.6, std_mean_si = 1, min_mean_si = 1, max_mean_si = 4.2, std_si = 1.5, std_std_si = .5, min_std_si = .5, max_std_si = 2.5,
                           n1 = 2000, n2 = 500, seed = 1, t_start = seq(2, 26), t_end = seq(8, 32)))
a <- suppressMessages(estimate_R(I, method = "uncertain_si", config = config))$R
write.csv(format(a, digits = 6), "uncertain_interval.csv", row.names = FALSE, quote = FALSE)
# Growth over days 1 to 15: quasi-Poisson regression, Student's t with a dispersion of at least 1.
y <- I[1:15]; t <- 1:15
g <- glm(y ~ t, family = quasipoisson)
s <- summary(g, dispersion = max(1, summary(g)$dispersion))
r <- coef(g)[["t"]]; half <- qt(.975, g$df.residual) * s$coefficients["t", "Std. Error"]
cat(format(c(r, r - half, r + half, log(2) / r), digits = 12), "\n")
