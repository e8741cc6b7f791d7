package labpack.conf;

import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Properties;

/** The lab's own switches: -Dlabpack.NAME, else LABPACK_NAME in the environment, else a line of /etc/labpack.properties. */
public final class Switches {
    private static final Properties FILE = file();

    /** The switch, the file as it is now: a lab changes it while a server runs. */
    public static String now(String name, String otherwise) {
        return get(name, file(), otherwise);
    }

    private Switches() {}

    private static Properties file() {
        Properties p = new Properties();
        File f = new File("/etc/labpack.properties");
        if (f.canRead()) {
            try (InputStream in = new FileInputStream(f)) {
                p.load(in);
            } catch (java.io.IOException e) {
                System.out.println("cannot read " + f + ": " + e);
            }
        }
        return p;
    }

    public static String get(String name, String otherwise) {
        return get(name, FILE, otherwise);
    }

    private static String get(String name, Properties file, String otherwise) {
        String value = System.getProperty("labpack." + name);
        if (value == null) {
            value = System.getenv("LABPACK_" + name.toUpperCase().replace('.', '_'));
        }
        if (value == null) {
            value = file.getProperty(name);
        }
        return value == null ? otherwise : value;
    }

    public static long millis(String name, long otherwise) {
        return Long.parseLong(get(name, Long.toString(otherwise)));
    }

    public static boolean on(String name) {
        String value = get(name, "false");
        return value.isEmpty() || "true".equals(value);
    }
}
