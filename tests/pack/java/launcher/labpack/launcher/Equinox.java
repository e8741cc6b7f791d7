package labpack.launcher;

import java.io.File;
import java.io.RandomAccessFile;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Starts real Equinox on the chosen profile; simpleconfigurator installs what bundles.info lists (carbon 1.4, 1.5). */
final class Equinox {
    private static final List<RandomAccessFile> OPEN = new ArrayList<>();

    private Equinox() {}

    static void start(Home home) throws Exception {
        File configuration = new File(home.profileDir(), "configuration");
        File log = leaveTraces(configuration);
        URLClassLoader loader = new URLClassLoader(new URL[] {frameworkJar(home).toURI().toURL()},
                ClassLoader.getSystemClassLoader().getParent());
        Thread.currentThread().setContextClassLoader(loader);
        Class<?> starter = loader.loadClass("org.eclipse.core.runtime.adaptor.EclipseStarter");
        Method initial = starter.getMethod("setInitialProperties", Map.class);
        initial.invoke(null, properties(home, configuration, log));
        starter.getMethod("startup", String[].class, Runnable.class).invoke(null, new String[0], null);
    }

    private static File frameworkJar(Home home) {
        File[] found = new File(home.components, "plugins")
                .listFiles((d, n) -> n.startsWith("org.eclipse.osgi_") && n.endsWith(".jar"));
        if (found == null || found.length == 0) {
            throw new RuntimeException("no org.eclipse.osgi_*.jar in plugins");
        }
        return found[0];
    }

    private static Map<String, String> properties(Home home, File configuration, File log) throws Exception {
        Map<String, String> p = new HashMap<>();
        p.put("osgi.install.area", home.profileDir().toURI().toString());
        p.put("osgi.configuration.area", configuration.toURI().toString());
        p.put("osgi.instance.area", new File(home.profileDir(), "workspace").toURI().toString());
        p.put("osgi.framework", frameworkJar(home).toURI().toString());
        p.put("osgi.logfile", log.getPath());
        p.put("osgi.clean", "true");
        p.put("osgi.noShutdown", "true");
        p.put("osgi.parentClassloader", "ext");
        p.put("osgi.contextClassLoaderParent", "ext");
        p.put("org.osgi.framework.bundle.parent", "ext");
        p.put("org.osgi.framework.bootdelegation", "*");
        p.put("osgi.java.profile.bootdelegation", "override");
        // Every jar stays open, so that the open files of a process tell its bundles (real-run 11).
        p.put("osgi.bundlefile.limit", "0");
        p.put("eclipse.ignoreApp", "true");
        p.put("eclipse.stateSaveDelayInterval", "0");
        return p;
    }

    /**
     * Files of the bundles org.eclipse.core.runtime and org.eclipse.equinox.app, and Equinox's own log (real-run 4). The
     * locks stay open for the life of the process: a process shows its profile by them (real-run 11).
     */
    private static File leaveTraces(File configuration) throws Exception {
        for (String dir : new String[] {"org.eclipse.core.runtime/.manager", "org.eclipse.equinox.app/.manager"}) {
            new File(configuration, dir).mkdirs();
            OPEN.add(new RandomAccessFile(new File(configuration, dir + "/.fileTableLock"), "rw"));
        }
        return new File(configuration, System.currentTimeMillis() + ".log");
    }
}
