package labpack.launcher;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** What Carbon does to the active profile's bundles.info at every start (carbon 1.5). */
final class Dropins {
    private static final String TYPE = "org.wso2.carbon.server.extensions.DropinsBundleDeployer";

    private Dropins() {}

    /** Any throw is logged, the file stays as it was, and no dropins get in. */
    static void deploy(Home home) {
        try {
            File info = home.bundlesInfo();
            info.getParentFile().mkdirs();
            if (!home.dropins.isDirectory()) {
                home.dropins.mkdirs();
                return;
            }
            List<String[]> lines = new ArrayList<>();
            if (info.exists()) {
                for (String line : Files.readAllLines(info.toPath(), StandardCharsets.UTF_8)) {
                    if (!line.startsWith("#")) {
                        lines.add(parse(line));
                    }
                }
            }
            lines.removeIf(l -> l[2].contains("dropins/") && !located(home, l[2]).exists());
            File[] jars = home.dropins.listFiles((d, n) -> n.endsWith(".jar"));
            Arrays.sort(jars);
            for (File jar : jars) {
                add(lines, jar);
            }
            write(home, info, lines);
        } catch (Exception e) {
            Console.line("ERROR", TYPE, "Error occured while deploying bundles in the dropins directory " + e);
        }
    }

    /** A blank line throws too. */
    static String[] parse(String line) {
        String[] parts = line.split(",");
        if (parts.length != 5) {
            throw new IllegalArgumentException("Invalid line in the bundles.info file: " + line);
        }
        for (int i = 0; i < parts.length; i++) {
            parts[i] = parts[i].trim();
        }
        return parts;
    }

    private static File located(Home home, String location) {
        return new File(home.profileDir(), location);
    }

    private static void add(List<String[]> lines, File jar) throws Exception {
        Manifest m;
        try (JarFile f = new JarFile(jar)) {
            m = f.getManifest();
        }
        Attributes a = m.getMainAttributes();
        String name = a.getValue("Bundle-SymbolicName");
        if (name == null) {
            Console.line("ERROR", TYPE, "Required Bundle manifest headers do not exist: " + jar);
            return;
        }
        name = name.split(";")[0].trim();
        String version = a.getValue("Bundle-Version") == null ? "0.0.0" : a.getValue("Bundle-Version").trim();
        String location = "../dropins/" + jar.getName();
        for (String[] l : lines) {
            if (l[0].equals(name) && l[1].equals(version)) {
                if (!l[2].equals(location)) {
                    Console.line("WARN", TYPE, "Ignoring the deployment of bundle: " + location
                            + ", because it is already available in the system: " + l[2]);
                }
                return;
            }
        }
        String started = Boolean.toString(a.getValue("Fragment-Host") == null);
        lines.add(new String[] {name, version, location, "4", started});
    }

    /** Header-less, sorted by symbolic name (stable inside a name), by way of tmp (carbon 1.5, step 4). */
    private static void write(Home home, File info, List<String[]> lines) throws Exception {
        lines.sort(Comparator.comparing(l -> l[0]));
        StringBuilder text = new StringBuilder();
        for (String[] l : lines) {
            text.append(String.join(",", l)).append('\n');
        }
        File dir = new File(home.root, "tmp/bundles_info_" + UUID.randomUUID());
        if (!dir.mkdir()) {
            throw new IllegalStateException("cannot make " + dir);
        }
        File temp = new File(dir, "bundles.info");
        Files.write(temp.toPath(), text.toString().getBytes(StandardCharsets.UTF_8));
        Files.copy(temp.toPath(), info.toPath(), StandardCopyOption.REPLACE_EXISTING);
    }
}
