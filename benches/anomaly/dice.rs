//! Random numbers that come again: uniform, normal, gamma, Poisson, negative binomial, binomial.
//!
//! Knows no traffic. A newcomer may ask why not a crate: a few lines are less than a dependency, and the same
//! figures must come at every run.

pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1, never 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Gamma with this shape and scale 1 (Marsaglia and Tsang, 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let small = (1.0 - self.unit()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * small;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 50.0 {
            // Half of it at a time, by the gamma law of waiting times (Ahrens and Dieter, 1974).
            let half = (mean * 0.875).floor();
            let waited = self.gamma(half);
            return if waited < mean {
                half as u64 + self.poisson(mean - waited)
            } else {
                self.binomial(half as u64 - 1, mean / waited)
            };
        }
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut n = 0;
        while product > limit {
            product *= self.unit();
            n += 1;
        }
        n
    }

    /// Mean m, variance m + alpha m².
    pub(crate) fn negative_binomial(&mut self, mean: f64, alpha: f64) -> u64 {
        let rate = self.gamma(1.0 / alpha) * alpha * mean;
        self.poisson(rate)
    }

    pub(crate) fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if n > 40 {
            // The median of n uniform numbers, then one half of them (Relles, 1972).
            let middle = n.div_ceil(2);
            let lower = self.gamma(middle as f64);
            let upper = self.gamma((n - middle + 1) as f64);
            let x = lower / (lower + upper);
            return if x <= p {
                middle + self.binomial(n - middle, ((p - x) / (1.0 - x)).clamp(0.0, 1.0))
            } else {
                self.binomial(middle - 1, (p / x).clamp(0.0, 1.0))
            };
        }
        (0..n).filter(|_| self.unit() < p).count() as u64
    }
}
