//! Questions that several rules ask, as three-valued answers with their fact and its records.
