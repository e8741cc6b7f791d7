//! The YAML 1.1 resolver: what a plain (unquoted) scalar means to Ansible, which reads with PyYAML.

use super::Value;

/// Resolves a plain scalar as PyYAML does: `yes` is a yes/no value, `0644` is octal, `1:30` is base
/// sixty. Two departures: timestamps stay texts, and so do whole numbers beyond 64 bits.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return Value::String(text.to_owned());
    }
    int(text)
        .map(Value::Int)
        .or_else(|| float(text).map(Value::Float))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The sign and what follows it.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A whole number in one of the five notations of YAML 1.1.
pub(super) fn int(text: &str) -> Option<i64> {
    let (negative, rest) = signed(text);
    let radix = |digits: &str, radix: u32| {
        let only = digits.chars().all(|c| c == '_' || c.is_digit(radix));
        let plain = digits.replace('_', "");
        (only && !plain.is_empty())
            .then(|| i128::from_str_radix(&plain, radix).ok())
            .flatten()
    };
    let value = if let Some(digits) = rest.strip_prefix("0b") {
        radix(digits, 2)?
    } else if let Some(digits) = rest.strip_prefix("0x") {
        radix(digits, 16)?
    } else if rest == "0" {
        0
    } else if let Some(digits) = rest.strip_prefix('0') {
        radix(digits, 8)?
    } else if rest.starts_with(|first: char| first.is_ascii_digit()) {
        let mut parts = rest.split(':');
        let first = radix(parts.next()?, 10)?;
        parts.try_fold(first, |sum, part| {
            sum.checked_mul(60)?
                .checked_add(i128::from(sixtieth(part)?))
        })?
    } else {
        return None;
    };
    i64::try_from(if negative { -value } else { value }).ok()
}

/// One part of a number in base sixty: `0` to `59`, one or two digits.
fn sixtieth(part: &str) -> Option<u8> {
    let fits = matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    part.parse().ok().filter(|value| fits && *value < 60)
}

/// A number with a point; YAML 1.1 knows none without (`1e3` is a text).
pub(super) fn float(text: &str) -> Option<f64> {
    let (negative, rest) = signed(text);
    let value = match rest {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if rest == text => f64::NAN,
        _ if rest.contains(':') => base_sixty_float(rest)?,
        _ => decimal(rest, rest == text)?,
    };
    Some(if negative { -value } else { value })
}

fn decimal(text: &str, unsigned: bool) -> Option<f64> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|b| b == b'_' || b.is_ascii_digit());
    // PyYAML wants the exponent's sign, and no sign before a leading point.
    let exponent_fits = exponent.is_none_or(|exponent| {
        exponent.strip_prefix(['+', '-']).is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    let starts = if whole.is_empty() {
        unsigned && fraction.starts_with(|c: char| c.is_ascii_digit())
    } else {
        whole.starts_with(|c: char| c.is_ascii_digit())
    };
    if !(digits(whole) && digits(fraction) && exponent_fits && starts) {
        return None;
    }
    let plain = text.replace('_', "");
    plain.parse().ok()
}

fn base_sixty_float(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.')?;
    let mut parts = whole.split(':');
    let first: f64 = parts.next()?.replace('_', "").parse().ok()?;
    let whole = parts.try_fold(first, |sum, part| {
        Some(sum * 60.0 + f64::from(sixtieth(part)?))
    })?;
    let fraction = fraction.replace('_', "");
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(whole + format!("0.{fraction}0").parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::resolve;

    /// Left what is written, right what PyYAML's safe loader makes of it.
    const CASES: &[(&str, &str)] = &[
        ("", "null"),
        ("~", "null"),
        ("yes", "true"),
        ("Off", "false"),
        ("y", "\"y\""),
        ("yEs", "\"yEs\""),
        ("0644", "420"),
        ("0o644", "\"0o644\""),
        ("08", "\"08\""),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("-12", "-12"),
        ("+12", "12"),
        ("1_000", "1000"),
        ("1:30", "90"),
        ("190:20:30", "685230"),
        ("1:60", "\"1:60\""),
        ("9443", "9443"),
        ("1.5", "1.5"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("1e3", "\"1e3\""),
        ("1.0e3", "\"1.0e3\""),
        ("1.0e+3", "1000.0"),
        ("1:30.5", "90.5"),
        ("-.inf", "-inf"),
        ("5.0.0", "\"5.0.0\""),
        ("10.0.0.11", "\"10.0.0.11\""),
        ("2001-12-14", "\"2001-12-14\""),
        ("99999999999999999999", "\"99999999999999999999\""),
        ("-", "\"-\""),
        ("0", "0"),
        ("none", "\"none\""),
    ];

    #[test]
    fn plain_scalars_are_read_as_yaml_1_1() {
        for (text, meaning) in CASES {
            assert_eq!(format!("{:?}", resolve(text)), *meaning, "`{text}`");
        }
    }
}
