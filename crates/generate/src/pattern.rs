//! The pattern of a whole number: CloudFormation checks a parameter by nothing else.

/// What matches the numbers from `least` to `most`. `least` is 0, 1 or a digit and zeros.
pub fn number(least: u64, most: u64) -> String {
    let text = most.to_string();
    let mut parts = Vec::new();
    if least == 0 {
        parts.push("0".to_owned());
    }
    let (first, shortest) = match least {
        0 | 1 => (1, 1),
        _ => (least / 10u64.pow(least.ilog10()), least.to_string().len()),
    };
    // Numbers of fewer digits than the greatest.
    if least <= 1 && text.len() > 1 {
        parts.push(format!("[1-9]{}", digits(0, text.len() - 2)));
    } else if least > 1 {
        parts.push(format!("{}{}", class(first, 9), digits(shortest - 1, shortest - 1)));
        for length in shortest + 1..text.len() {
            parts.push(format!("[1-9]{}", digits(length - 1, length - 1)));
        }
    }
    // Numbers of as many digits, each smaller than the greatest at one place and equal before it.
    for (place, digit) in text.bytes().map(|digit| u64::from(digit - b'0')).enumerate() {
        let (from, rest) = (u64::from(place == 0), text.len() - place - 1);
        if rest == 0 {
            let class = if digit == 0 { "0".to_owned() } else { class(from, digit) };
            parts.push(format!("{}{class}", &text[..place]));
        } else if digit > from {
            parts.push(format!("{}{}{}", &text[..place], class(from, digit - 1), digits(rest, rest)));
        }
    }
    format!("^({})$", parts.join("|"))
}

fn class(from: u64, to: u64) -> String {
    match to - from {
        0 => from.to_string(),
        1 => format!("[{from}{to}]"),
        _ => format!("[{from}-{to}]"),
    }
}

fn digits(from: usize, to: usize) -> String {
    match (from, to) {
        (_, 0) => String::new(),
        (0, 1) => "[0-9]?".to_owned(),
        (1, 1) => "[0-9]".to_owned(),
        _ if from == to => format!("[0-9]{{{to}}}"),
        _ => format!("[0-9]{{{from},{to}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_pattern_takes_the_numbers_between_its_bounds() {
        assert_eq!(number(1, 600), "^([1-9][0-9]?|[1-5][0-9]{2}|600)$");
        assert_eq!(number(0, 3600), "^(0|[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)$");
        let port = "^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$";
        assert_eq!(number(1, 65535), port);
        let session = "^([6-9][0-9]{2}|[1-9][0-9]{3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)$";
        assert_eq!(number(600, 86_400), session);
        assert_eq!(number(0, 8), "^(0|[1-8])$");
    }
}
