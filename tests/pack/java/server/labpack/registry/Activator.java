package labpack.registry;

import java.io.File;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.util.HashSet;
import java.util.Set;
import labpack.conf.ServerConf;
import labpack.conf.Xml;
import labpack.core.spi.Part;
import labpack.log.Log;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.w3c.dom.Element;

/** The registry: a stand-in for the H2 file, which one process locks and every start changes (real-run 4, 9). */
public final class Activator implements BundleActivator, Part {
    private static final String TYPE = "org.wso2.carbon.registry.core.internal.RegistryCoreServiceComponent";

    private RandomAccessFile lockFile;
    private File database;

    @Override
    public void start(BundleContext context) {
        context.registerService(Part.class, this, null);
    }

    @Override
    public void stop(BundleContext context) {
    }

    @Override
    public int rank() {
        return 10;
    }

    @Override
    public void start() throws Exception {
        ServerConf conf = ServerConf.get();
        database = new File(conf.home, "repository/database/WSO2CARBON_DB.h2.db");
        database.getParentFile().mkdirs();
        lockFile = new RandomAccessFile(new File(database.getParentFile(), "WSO2CARBON_DB.lock.db"), "rw");
        FileLock lock;
        try {
            lock = lockFile.getChannel().tryLock();
        } catch (OverlappingFileLockException own) {
            lock = null;
        }
        if (lock == null) {
            lockFile = null;
            Log.error("org.wso2.carbon.ndatasource.rdbms.RDBMSDataSource",
                    "Database may be already in use: \"Locked by another process\". Possible solutions: close all other "
                            + "connection(s); use the server mode [90020-140]", null);
            Thread.sleep(Long.MAX_VALUE);
        }
        touch("open");
        new File(database.getParentFile(), "WSO2CARBON_DB.lobs.db").mkdirs();
        Element registry = Xml.read(new File(conf.home, "repository/conf/registry.xml"));
        boolean readOnly = "true".equals(Xml.text(registry, "readOnly", "false"));
        // The base registry's own flag: a right worker says READ-WRITE too (procedure 2.11).
        Log.info(TYPE, "Registry Mode    : " + (readOnly ? "READ-ONLY" : "READ-WRITE"));
        Set<String> instances = new HashSet<>();
        for (Element remote : Xml.children(registry, "remoteInstance")) {
            instances.add(Xml.text(remote, "id", ""));
        }
        for (Element mount : Xml.children(registry, "mount")) {
            String id = Xml.text(mount, "instanceId", "");
            if (instances.remove(id)) {
                Log.info("org.wso2.carbon.registry.core.jdbc.EmbeddedRegistryService",
                        "Connected to mount at " + id + " in 1ms");
            }
        }
    }

    /** The size stays, eight bytes at the front count. */
    private void touch(String why) throws Exception {
        try (RandomAccessFile db = new RandomAccessFile(database, "rw")) {
            long count = db.length() >= 72 ? readCount(db) : 0;
            db.seek(64);
            db.writeLong(count + 1);
        } catch (java.io.IOException full) {
            Log.error(TYPE, "cannot " + why + " " + database, full);
        }
    }

    private static long readCount(RandomAccessFile db) throws Exception {
        db.seek(64);
        return db.readLong();
    }

    @Override
    public void stop() throws Exception {
        if (lockFile == null) {
            return;
        }
        touch("close");
        lockFile.close();
        new File(database.getParentFile(), "WSO2CARBON_DB.lock.db").delete();
    }
}
