package labpack.builder;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** What products/KEY.properties says about one version of a product, and the placeholders of the text files. */
final class Product {
    final String key;
    final String version;
    final String kernel;
    private final Properties data = new Properties();

    Product(Path pack, String key, String version) throws Exception {
        this.key = key;
        this.version = version;
        Path file = pack.resolve("products/" + key + ".properties");
        if (!Files.exists(file)) {
            throw new IllegalArgumentException("no products/" + key + ".properties");
        }
        try (java.io.Reader in = Files.newBufferedReader(file)) {
            data.load(in);
        }
        kernel = data.getProperty("kernel." + version);
        if (kernel == null) {
            throw new IllegalArgumentException("products/" + key + ".properties has no kernel." + version);
        }
    }

    String get(String name) {
        String value = data.getProperty(name);
        if (value == null) {
            throw new IllegalArgumentException("products/" + key + ".properties has no " + name);
        }
        return value;
    }

    List<String> list(String name) {
        String value = get(name);
        return value.isEmpty() ? Arrays.asList() : Arrays.asList(value.split(","));
    }

    /** The name in version.txt and the log, always with WSO2 in front. */
    String fullName() {
        return "WSO2 " + get("name");
    }

    String top() {
        return "wso2" + key + "-" + version;
    }

    boolean atLeast(String other) {
        return compare(kernel, other) >= 0;
    }

    private static int compare(String a, String b) {
        String[] x = a.split("\\.");
        String[] y = b.split("\\.");
        for (int i = 0; i < 3; i++) {
            int c = Integer.compare(Integer.parseInt(x[i]), Integer.parseInt(y[i]));
            if (c != 0) {
                return c;
            }
        }
        return 0;
    }

    /** Replaces @name@ and keeps a line that begins with @>=V@ or @<V@ only on such a kernel. */
    byte[] fill(byte[] template) {
        StringBuilder out = new StringBuilder();
        for (String line : new String(template, StandardCharsets.UTF_8).split("(?<=\n)")) {
            if (line.startsWith("@>=") || line.startsWith("@<")) {
                int end = line.indexOf('@', 1);
                boolean least = line.startsWith("@>=");
                String than = line.substring(least ? 3 : 2, end);
                if (atLeast(than) != least) {
                    continue;
                }
                line = line.substring(end + 1);
            }
            out.append(replace(line));
        }
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A word of the product's that changed with some version: `word.key.VERSION`, else `word.key`. */
    private String word(String key) {
        return data.getProperty(key + "." + version, data.getProperty(key, ""));
    }

    String replace(String line) {
        if (line.indexOf('@') < 0) {
            return line;
        }
        return line.replace("@kernel@", kernel).replace("@version@", version).replace("@key@", key)
                .replace("@carbon.name@", get("carbon.name")).replace("@server.key@", get("server.key"))
                .replace("@server.role@", get("server.role")).replace("@key.block@", word("key.block"))
                .replace("@agent@", "WSO2 " + get("server.key") + " " + version)
                .replace("@version.resources@", kernel.equals("4.2.0") ? "true" : "false");
    }
}
