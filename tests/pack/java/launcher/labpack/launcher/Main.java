package labpack.launcher;

import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Properties;

/** The launcher's order of work: pid file, arguments, profile, the steps before OSGi, Equinox (carbon 1.2, 1.6). */
public final class Main {
    private Main() {}

    public static void run(String[] args) throws Exception {
        long begun = System.currentTimeMillis();
        System.setProperty("carbon.start.time", Long.toString(begun));
        // Else each answer on a kept connection waits 40 ms for the client's acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        File root = new File(System.getProperty("carbon.home", ".")).getCanonicalFile();
        System.setProperty("carbon.home", root.getPath());
        Properties pack = pack();
        for (String key : pack.stringPropertyNames()) {
            System.setProperty("labpack.pack." + key, pack.getProperty(key));
        }
        System.out.println("lab pack, not WSO2 code: " + pack.getProperty("name") + " " + pack.getProperty("version")
                + " in shape only (kernel " + pack.getProperty("kernel") + ")");
        writePid(root);
        // These launchers forget what java was told and hear only what comes behind the main class (carbon 1.2).
        if (compare(pack.getProperty("kernel"), "4.4.2") < 0) {
            System.setProperty("profile", "default");
        }
        arguments(args);
        Home home = new Home(root, chooseProfile(root, pack.getProperty("kernel")));
        System.setProperty("profile", home.profile);
        Propfile.write(home);
        Dropins.deploy(home);
        Patches.look(home);
        rewriteIni(home);
        Equinox.start(home);
    }

    private static Properties pack() throws Exception {
        Properties p = new Properties();
        try (InputStream in = Main.class.getResourceAsStream("/labpack.properties")) {
            p.load(in);
        }
        return p;
    }

    /** pid, newline, NULs to 100 bytes; never deleted (carbon 1.9, real-run 2). */
    private static void writePid(File root) throws Exception {
        byte[] content = new byte[100];
        byte[] pid = (new File("/proc/self").getCanonicalFile().getName() + "\n").getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(pid, 0, content, 0, pid.length);
        Files.write(new File(root, "wso2carbon.pid").toPath(), content);
    }

    /** Arguments after the main class become system properties; -Dk alone gives "true" (carbon 1.1). */
    private static void arguments(String[] args) {
        for (String arg : args) {
            if (arg.startsWith("-D")) {
                int eq = arg.indexOf('=');
                if (eq < 0) {
                    System.setProperty(arg.substring(2), "true");
                } else {
                    System.setProperty(arg.substring(2, eq), arg.substring(eq + 1));
                }
            }
        }
    }

    /** Up to kernel 4.4.1 the flag overrides -Dprofile, later an explicit profile wins (carbon 1.2, real-run 2). */
    static String chooseProfile(File root, String kernel) {
        String profile = System.getProperty("profile");
        boolean worker = "true".equals(System.getProperty("workerNode"));
        boolean flagOverrides = compare(kernel, "4.4.2") < 0;
        if (worker && (flagOverrides || profile == null)) {
            if (!new File(root, "repository/components/worker").exists()) {
                Console.line("FATAL", "org.wso2.carbon.server.Main", "OSGi runtime worker profile not found");
                throw new RuntimeException("worker profile not found");
            }
            return "worker";
        }
        return profile == null ? "default" : profile;
    }

    static int compare(String a, String b) {
        int[] x = numbers(a);
        int[] y = numbers(b);
        for (int i = 0; i < 3; i++) {
            if (x[i] != y[i]) {
                return x[i] < y[i] ? -1 : 1;
            }
        }
        return 0;
    }

    private static int[] numbers(String version) {
        int[] out = new int[3];
        String[] parts = version.split("[.-]");
        for (int i = 0; i < Math.min(3, parts.length); i++) {
            out[i] = Integer.parseInt(parts[i]);
        }
        return out;
    }

    /** null.ini (else eclipse.ini) is deleted and written anew, without a final newline (carbon 1.6). */
    private static void rewriteIni(Home home) throws Exception {
        if (!home.profileDir().isDirectory()) {
            return;
        }
        File ini = new File(home.profileDir(), "null.ini");
        if (!ini.exists() && new File(home.profileDir(), "eclipse.ini").exists()) {
            ini = new File(home.profileDir(), "eclipse.ini");
        }
        Files.deleteIfExists(ini.toPath());
        String text = String.join("\n", Arrays.asList("-install", home.profileDir().getCanonicalPath()));
        Files.write(ini.toPath(), text.getBytes(StandardCharsets.UTF_8));
    }
}
