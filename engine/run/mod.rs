//! Tasks + hosts → events: forecast, act, handlers, rollout.
