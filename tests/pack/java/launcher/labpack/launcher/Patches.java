package labpack.launcher;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;

/**
 * What Carbon's patch installer does at every start (carbon 1.6): where the folders below patches are others than
 * last time, plugins are backed up to patch0000 once, else restored from it, and the patches laid over them in order.
 */
final class Patches {
    private final Home home;
    private final File patches;
    private final StringBuilder log = new StringBuilder();

    private Patches(Home home) {
        this.home = home;
        this.patches = new File(home.components, "patches");
    }

    static void look(Home home) throws Exception {
        Patches p = new Patches(home);
        File meta = new File(p.patches, ".metadata");
        meta.mkdirs();
        p.say("Checking for patch changes ...");
        File applied = new File(meta, "prePatchedDir.txt");
        List<String> before = applied.exists() ? Files.readAllLines(applied.toPath()) : new ArrayList<>();
        List<String> now = p.names();
        if (now.equals(before) || now.isEmpty() && before.isEmpty()) {
            p.say("No new patch or service pack detected, server will start without applying patches ");
        } else {
            p.apply(now);
        }
        List<String> kept = now.isEmpty() ? now : p.names();
        Files.write(applied.toPath(), kept);
        File jars = new File(meta, "prePatchedJARs.txt");
        if (!jars.exists()) {
            Files.write(jars.toPath(), new byte[0]);
        }
        File logs = new File(home.root, "repository/logs");
        logs.mkdirs();
        Files.write(new File(logs, "patches.log").toPath(), p.log.toString().getBytes("UTF-8"),
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private List<String> names() {
        String[] found = patches.list((d, n) -> n.startsWith("patch") && new File(d, n).isDirectory());
        List<String> names = new ArrayList<>(found == null ? Arrays.asList() : Arrays.asList(found));
        names.sort(null);
        return names;
    }

    private void apply(List<String> names) throws Exception {
        File plugins = new File(home.components, "plugins");
        File backup = new File(patches, "patch0000");
        if (!backup.exists()) {
            copyAll(plugins, backup);
            say("Backed up plugins to patch0000");
        } else {
            say("restoring bundle backup directory");
            copyAll(backup, plugins);
        }
        say("Applying patches ...");
        for (String name : names) {
            if (name.equals("patch0000")) {
                continue;
            }
            say("Applying - " + name);
            File[] files = new File(patches, name).listFiles();
            Arrays.sort(files);
            for (File file : files) {
                copy(file, new File(plugins, verified(file)));
                say("Patched " + file.getName());
            }
        }
    }

    /** A bundle is called NAME_VERSION.jar in plugins, whatever the patch calls it. */
    private static String verified(File file) throws IOException {
        if (!file.getName().endsWith(".jar")) {
            return file.getName();
        }
        try (JarFile jar = new JarFile(file)) {
            Attributes a = jar.getManifest().getMainAttributes();
            String name = a.getValue("Bundle-SymbolicName");
            String version = a.getValue("Bundle-Version");
            return name == null || version == null ? file.getName() : name.split(";")[0] + "_" + version + ".jar";
        }
    }

    private static void copyAll(File from, File to) throws IOException {
        to.mkdirs();
        for (File file : from.listFiles()) {
            if (file.isDirectory()) {
                copyAll(file, new File(to, file.getName()));
            } else {
                copy(file, new File(to, file.getName()));
            }
        }
    }

    private static void copy(File from, File to) throws IOException {
        Files.copy(from.toPath(), to.toPath(), StandardCopyOption.REPLACE_EXISTING);
    }

    private void say(String message) {
        String now = new SimpleDateFormat("yyyy-MM-dd HH:mm:ss,SSS").format(new Date());
        log.append("[").append(now).append("]  INFO {org.wso2.carbon.server.util.PatchUtils} -  ").append(message).append('\n');
    }
}
