package labpack.builder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One line of bundles/*.list. */
final class Bundle {
    final String name;
    String version;
    final Map<String, String> values = new LinkedHashMap<>();
    boolean console;
    /** Bytes that a padded pack adds to this jar. */
    long padding;

    Bundle(String name, String version) {
        this.name = name;
        this.version = version;
    }

    static Bundle parse(String line) {
        String[] words = line.trim().split("\\s+");
        Bundle b = new Bundle(words[0], words[1]);
        for (String word : Arrays.asList(words).subList(2, words.length)) {
            int eq = word.indexOf('=');
            b.values.put(eq < 0 ? word : word.substring(0, eq), eq < 0 ? "" : word.substring(eq + 1));
        }
        return b;
    }

    List<String> list(String key) {
        String value = values.get(key);
        return value == null ? new ArrayList<>() : new ArrayList<>(Arrays.asList(value.split(",")));
    }

    boolean namedUi() {
        return name.endsWith(".ui") || name.contains(".ui.menu.");
    }

    /** The Carbon-Component header, or null. */
    String component() {
        String given = values.get("component");
        return given == null ? (namedUi() ? "UIBundle" : null) : "none".equals(given) ? null : given;
    }

    /** The same bundle as a patch brings it. */
    Bundle patched(String patch) {
        Bundle b = new Bundle(name, version);
        b.values.putAll(values);
        b.values.put("header.Labpack-Patch", patch);
        b.padding = padding;
        return b;
    }

    String file() {
        return name + "_" + version + ".jar";
    }

    boolean in(String profile) {
        return !values.containsKey("profiles") || list("profiles").contains(profile);
    }

    /** OSGi package of that bundle's own: its name, made legal. */
    static String packageOf(String name) {
        return name.replace('-', '.').replaceAll("\\.(?=[0-9])", "._");
    }

    String line() {
        String level = "4";
        if (name.equals("org.eclipse.osgi")) {
            level = "-1";
        } else if (name.equals("org.eclipse.equinox.simpleconfigurator")) {
            level = "1";
        }
        return name + "," + version + ",../plugins/" + file() + "," + level + ",true\n";
    }
}
