package labpack.core.spi;

import java.io.File;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import labpack.conf.ServerConf;
import labpack.conf.Switches;
import labpack.log.Log;

/** Looks at one folder every 15 s (carbon.xml's DeploymentUpdateInterval) and tells what is new, changed or gone. */
public final class Scanner {
    /** What happened to a file since the last look. */
    public enum What { NEW, CHANGED, GONE }

    /** Told of each change. */
    public interface Watcher {
        void changed(File file, What what) throws Exception;
    }

    private final File folder;
    private final String suffix;
    private final Watcher watcher;
    private final Map<String, String> seen = new HashMap<>();
    private Thread thread;

    public Scanner(File folder, String suffix, Watcher watcher) {
        this.folder = folder;
        this.suffix = suffix;
        this.watcher = watcher;
    }

    /** The first look is part of the start; the others come from a thread of their own. */
    public void begin() throws Exception {
        look();
        long every = Switches.millis("scan.interval", ServerConf.get().updateInterval * 1000L);
        thread = new Thread(() -> {
            try {
                while (true) {
                    Thread.sleep(every);
                    look();
                }
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }, "scan-" + folder.getName());
        thread.setDaemon(true);
        thread.start();
    }

    public void end() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** A changed size or time counts, an older time too (real-run 6). */
    private void look() {
        Map<String, String> now = new TreeMap<>();
        File[] files = folder.listFiles((d, n) -> n.endsWith(suffix) && !n.startsWith("."));
        for (File f : files == null ? new File[0] : files) {
            now.put(f.getName(), f.lastModified() + ":" + f.length());
        }
        for (String gone : new TreeMap<>(seen).keySet()) {
            if (!now.containsKey(gone)) {
                tell(gone, What.GONE);
            }
        }
        for (Map.Entry<String, String> e : now.entrySet()) {
            String before = seen.get(e.getKey());
            if (before == null) {
                tell(e.getKey(), What.NEW);
            } else if (!before.equals(e.getValue())) {
                tell(e.getKey(), What.CHANGED);
            }
        }
        seen.clear();
        seen.putAll(now);
    }

    private void tell(String name, What what) {
        File file = new File(folder, name);
        try {
            watcher.changed(file, what);
        } catch (Exception e) {
            Log.error("org.apache.axis2.deployment.DeploymentEngine", "Deploying " + file + " failed", e);
        }
    }
}
