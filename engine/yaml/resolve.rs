//! What a plain scalar means in YAML 1.1, as PyYAML (and so Ansible) reads it.

use super::Value;

/// Resolves a scalar that was written without quotes.
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
    if let Some(number) = integer(text) {
        return Value::Int(number);
    }
    match float(text) {
        Some(number) => Value::Float(number),
        None => Value::String(text.to_owned()),
    }
}

/// `12`, `-1_000`, `0644` (octal), `0x1f`, `0b101`, `1:30` (base 60).
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let plain = digits.replace('_', "");
    let value = if let Some(binary) = plain.strip_prefix("0b") {
        i64::from_str_radix(binary, 2).ok()
    } else if let Some(hexadecimal) = plain.strip_prefix("0x") {
        i64::from_str_radix(hexadecimal, 16).ok()
    } else if plain.contains(':') {
        base_60(&plain)
    } else if plain.len() > 1 && plain.starts_with('0') {
        // `08` is no octal number, and PyYAML leaves it a text.
        i64::from_str_radix(&plain[1..], 8).ok()
    } else {
        plain.parse().ok()
    };
    value.map(|value| sign * value)
}

fn base_60(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let first = parts.next()?;
    if first.starts_with('0') {
        return None;
    }
    let mut value: i64 = first.parse().ok()?;
    for part in parts {
        let digit: i64 = part.parse().ok().filter(|_| part.len() <= 2)?;
        if digit >= 60 {
            return None;
        }
        value = value.checked_mul(60)?.checked_add(digit)?;
    }
    Some(value)
}

/// `1.5`, `-.5`, `1.0e+3` (the exponent's sign is needed in YAML 1.1), `.inf`, `.nan`.
fn float(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = body.split_once('.')?;
    let (fraction, exponent) = match fraction.find(['e', 'E']) {
        Some(at) => (&fraction[..at], Some(&fraction[at + 1..])),
        None => (fraction, None),
    };
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let signed = exponent.is_none_or(|exponent| {
        exponent.starts_with(['+', '-']) && exponent.len() > 1 && digits(&exponent[1..])
    });
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) || !signed {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn plain_scalars_mean_what_pyyaml_takes_them_for() {
        let rows = [
            ("yes", "true"),
            ("Off", "false"),
            ("y", "\"y\""),
            ("~", "null"),
            ("0644", "420"),
            ("08", "\"08\""),
            ("0x1F", "31"),
            ("1_000", "1000"),
            ("1:30", "90"),
            ("22:22", "1342"),
            ("4.9.0", "\"4.9.0\""),
            ("5.0", "5.0"),
            ("1e3", "\"1e3\""),
            ("1.0e+3", "1000.0"),
            ("-12", "-12"),
            ("10.0.0.1", "\"10.0.0.1\""),
            ("-", "\"-\""),
            (".", "\".\""),
        ];
        for (text, meaning) in rows {
            assert_eq!(format!("{:?}", resolve(text)), meaning, "{text}");
        }
    }
}
