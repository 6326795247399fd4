# EARS and Farrington by R's surveillance: one score a series-month, larger is more unusual.
# Rscript surveillance.R counts.csv scores.csv judged
# counts.csv: series, 1, 2, ... months; the `judged` last months are scored.
suppressMessages(library(surveillance))
given <- commandArgs(trailingOnly = TRUE)
judged <- as.integer(given[3])
table <- read.csv(given[1], header = FALSE)
rows <- list()
for (row in seq_len(nrow(table))) {
  counts <- as.integer(table[row, -1])
  months <- length(counts)
  range <- (months - judged + 1):months
  series <- sts(counts, start = c(2001, 1), frequency = 12)
  for (method in c("C1", "C2")) {
    # The bound is mean + z sd of seven months: its distance at two alphas gives both.
    bound <- function(alpha) {
      as.numeric(upperbound(earsC(series, list(range = range, method = method, alpha = alpha))))
    }
    z <- qnorm(c(0.99, 0.999))
    at <- cbind(bound(0.01), bound(0.001))
    sd <- pmax((at[, 2] - at[, 1]) / (z[2] - z[1]), 1e-6)
    score <- (counts[range] - (at[, 1] - z[1] * sd)) / sd
    rows[[length(rows) + 1]] <- data.frame(table[row, 1], paste("EARS", method), range, score)
  }
  flexible <- suppressWarnings(farringtonFlexible(series, list(
    range = range, b = 5, w = 2, noPeriods = 1, pastWeeksNotIncluded = 3, trend = TRUE,
    reweight = TRUE, weightsThreshold = 2.58, thresholdMethod = "nbPlugin", alpha = 0.01,
    limit54 = c(0, 1)
  )))
  score <- -log(pmax(control(flexible)$pvalue, 1e-300))
  rows[[length(rows) + 1]] <- data.frame(table[row, 1], "Farrington", range, as.numeric(score))
}
rows <- lapply(rows, setNames, c("series", "method", "month", "score"))
write.csv(do.call(rbind, rows), given[2], row.names = FALSE)
